import { notifyAppReady } from './ready.js';
import { load, save } from './settings.js';
import { height, turns } from './tides.js';

const VERSION = '1.2.0';
const UNITS = { metres: (value) => `${value.toFixed(1)} m`, feet: (value) => `${(value / 0.3048).toFixed(1)} ft` };

const settings = load();
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

function show(now) {
  const write = UNITS[settings.units.toLowerCase()];
  document.getElementById('now').textContent = `Now ${write(height(now))}`;
  document.getElementById('tides').replaceChildren(
    ...turns(now, 4).map(({ time, kind, height }) => {
      const row = document.createElement('tr');
      for (const text of [clock.format(time), kind, write(height)]) {
        row.append(Object.assign(document.createElement('td'), { textContent: text }));
      }
      return row;
    }),
  );
  document.getElementById('version').textContent = `Version ${VERSION}`;
}

document.getElementById('units').addEventListener('click', () => {
  settings.units = settings.units === 'metres' ? 'feet' : 'metres';
  save(settings);
  show(Date.now());
});

show(Date.now());
setInterval(() => show(Date.now()), 60_000);
await notifyAppReady();
