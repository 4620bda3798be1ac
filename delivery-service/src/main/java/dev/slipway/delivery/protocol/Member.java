package dev.slipway.delivery.protocol;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The members of a device's body that are read; all others are skipped.
enum Member {
  APP_ID("app_id", 256),
  DEVICE_ID("device_id", 64),
  PLATFORM("platform", 32),
  VERSION_BUILD("version_build", 256),
  // A report names a file after the version.
  VERSION_NAME("version_name", 1024),
  OLD_VERSION_NAME("old_version_name", 1024),
  VERSION("version", 256),
  VERSION_OS("version_os", 128),
  CUSTOM_ID("custom_id", 256),
  PLUGIN_VERSION("plugin_version", 128),
  IS_EMULATOR("is_emulator", 0),
  IS_PROD("is_prod", 0),
  DEFAULT_CHANNEL("defaultChannel", 256),
  CHANNEL("channel", 256),
  KEY_ID("key_id", 20),
  INSTALL_SOURCE("install_source", 64),
  ACTION("action", 128),
  TIMESTAMP("timestamp", 0);

  private static final Map<String, Member> BY_NAME = new HashMap<>();

  static {
    for (var member : values()) BY_NAME.put(member.wire, member);
  }

  final String wire;
  final int maxLength;

  Member(String wire, int maxLength) {
    this.wire = wire;
    this.maxLength = maxLength;
  }

  static @Nullable Member named(String wire) {
    return BY_NAME.get(wire);
  }
}
