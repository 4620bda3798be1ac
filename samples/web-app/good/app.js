import { notifyAppReady } from './ready.js';
import { height, turns } from './tides.js';

const VERSION = '1.0.0';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const metres = (value) => `${value.toFixed(1)} m`;

function show(now) {
  document.getElementById('now').textContent = `Now ${metres(height(now))}`;
  document.getElementById('tides').replaceChildren(
    ...turns(now, 4).map(({ time, kind, height }) => {
      const row = document.createElement('tr');
      for (const text of [clock.format(time), kind, metres(height)]) {
        row.append(Object.assign(document.createElement('td'), { textContent: text }));
      }
      return row;
    }),
  );
  document.getElementById('version').textContent = `Version ${VERSION}`;
}

show(Date.now());
setInterval(() => show(Date.now()), 60_000);
await notifyAppReady();
