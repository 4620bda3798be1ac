package dev.slipway.delivery.decide;

import dev.slipway.contracts.device.Platform;
import java.util.Locale;

/// Why a device gets nothing, in the stock plugin's words. What a kind does to a device: `BLOCKED`
/// nothing, `FAILED` makes it report a failed download.
public enum Refusal {
  APP_NOT_FOUND(Kind.BLOCKED, "This server does not know the app"),
  UNSUPPORTED_PLUGIN_VERSION(Kind.FAILED, "This version of the plugin is not supported"),
  NO_CHANNEL(Kind.FAILED, "No channel is open to this device"),
  NO_BUNDLE(Kind.FAILED, "The version of the channel is not there"),
  MISCONFIGURED_CHANNEL(
      Kind.FAILED, "The channel compares native versions, and its version names none"),
  DISABLED_PLATFORM_IOS(Kind.BLOCKED, "The channel or its version is not for iOS"),
  DISABLED_PLATFORM_ANDROID(Kind.BLOCKED, "The channel or its version is not for Android"),
  DISABLED_PLATFORM_ELECTRON(Kind.BLOCKED, "The channel or its version is not for Electron"),
  SEMVER_ERROR(Kind.FAILED, "The channel compares versions, and its version is no semantic one"),
  DISABLE_AUTO_UPDATE_TO_MAJOR(Kind.BLOCKED, "A new major version needs a new native build"),
  DISABLE_AUTO_UPDATE_TO_MINOR(Kind.BLOCKED, "A new minor version needs a new native build"),
  DISABLE_AUTO_UPDATE_TO_PATCH(Kind.BLOCKED, "A new patch version needs a new native build"),
  DISABLE_AUTO_UPDATE_TO_METADATA(Kind.BLOCKED, "The version needs a newer native build"),
  DISABLE_AUTO_UPDATE_UNDER_NATIVE(Kind.BLOCKED, "The version is below the native one"),
  DISABLE_PROD_BUILD(Kind.BLOCKED, "The channel does not serve release builds"),
  DISABLE_DEV_BUILD(Kind.BLOCKED, "The channel does not serve debug builds"),
  DISABLE_DEVICE(Kind.BLOCKED, "The channel does not serve physical devices"),
  DISABLE_EMULATOR(Kind.BLOCKED, "The channel does not serve emulators"),
  REVERT_TO_BUILTIN_PLUGIN_VERSION_TOO_OLD(
      Kind.FAILED, "This version of the plugin cannot go back to the store's build"),
  BUNDLE_FORMAT_UNSUPPORTED(Kind.BLOCKED, "This device cannot open the bundle"),
  /// Of a list of files that has just been published, for the moment until it is read.
  BUNDLE_NOT_READY(Kind.BLOCKED, "The server is still reading the list of the bundle's files"),
  VERSION_FAILED_ON_DEVICE(Kind.BLOCKED, "The version failed on this device before");

  /// What the plugin makes of a refusal.
  public enum Kind {
    BLOCKED,
    FAILED;

    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Kind kind;
  private final String message;
  private final String error;

  Refusal(Kind kind, String message) {
    this.kind = kind;
    this.message = message;
    this.error = name().toLowerCase(Locale.ROOT);
  }

  /// The stable word that the plugin and its users decide by.
  public String error() {
    return error;
  }

  public Kind kind() {
    return kind;
  }

  public String message() {
    return message;
  }

  /// Whether the device must get a new native build first; the plugin raises an event for that.
  public boolean isBarrier() {
    return this == DISABLE_AUTO_UPDATE_TO_MAJOR
        || this == DISABLE_AUTO_UPDATE_TO_MINOR
        || this == DISABLE_AUTO_UPDATE_TO_PATCH
        || this == DISABLE_AUTO_UPDATE_TO_METADATA;
  }

  /// That the channel, or its version, is not for this platform.
  static Refusal disabled(Platform platform) {
    return switch (platform) {
      case IOS -> DISABLED_PLATFORM_IOS;
      case ANDROID -> DISABLED_PLATFORM_ANDROID;
      case ELECTRON -> DISABLED_PLATFORM_ELECTRON;
    };
  }
}
