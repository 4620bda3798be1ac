// Heights of a harbour whose tide is the sum of two of the real constituents: M2 (moon) and S2 (sun).
const HOUR = 3_600_000;
const M2 = { amplitude: 1.9, period: 12.4206, phase: 1.1 };
const S2 = { amplitude: 0.6, period: 12, phase: 2.3 };

export function height(time) {
  const hours = time / HOUR;
  return [M2, S2].reduce(
    (sum, { amplitude, period, phase }) => sum + amplitude * Math.cos((2 * Math.PI * hours) / period - phase),
    2.8,
  );
}

/** The next turning points of the tide after this time. */
export function turns(from, count) {
  const step = HOUR / 12;
  const found = [];
  let [before, here] = [height(from - step), height(from)];
  for (let time = from; found.length < count; time += step) {
    const after = height(time + step);
    if (here > before && here >= after) found.push({ time, kind: 'high', height: here });
    if (here < before && here <= after) found.push({ time, kind: 'low', height: here });
    [before, here] = [here, after];
  }
  return found;
}
