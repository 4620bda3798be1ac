package dev.slipway.contracts.device;

/** What a device runs on. */
public enum Platform {
  ANDROID,
  IOS,
  ELECTRON
}
