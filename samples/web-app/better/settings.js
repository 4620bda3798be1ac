// What the user chose. Nobody has chosen anything at the first start.
const KEY = 'tide-table';

export function load() {
  return JSON.parse(localStorage.getItem(KEY) ?? 'null');
}

export function save(settings) {
  localStorage.setItem(KEY, JSON.stringify(settings));
}
