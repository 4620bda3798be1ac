// Tells the update plugin that this version has started well. Without this call, within the plugin's time,
// the plugin goes back to the version before. In a plain browser there is no plugin, and nothing to tell.
export async function notifyAppReady() {
  document.documentElement.dataset.ready = 'true';
  await window.Capacitor?.Plugins?.CapacitorUpdater?.notifyAppReady();
}
