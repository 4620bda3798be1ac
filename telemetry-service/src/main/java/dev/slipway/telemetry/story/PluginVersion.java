package dev.slipway.telemetry.story;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a stock plugin of a version can say.
final class PluginVersion {

  /// Lines 5 to 8 are released side by side with the same minor numbers.
  private static final int SAYS_READY_SINCE_MINOR = 51;

  private static final int FIRST_LINE = 5;
  private static final int LAST_LINE_WITHOUT = 8;
  private static final Pattern SHAPE = Pattern.compile("(\\d{1,4})\\.(\\d{1,6})(?:[.+-].*)?");

  private PluginVersion() {}

  /// Whether it sends `app_launch_ready`.
  static boolean saysReady(@Nullable String version) {
    if (version == null) return false;
    var match = SHAPE.matcher(version);
    if (!match.matches()) return false;
    int major = Integer.parseInt(match.group(1));
    int minor = Integer.parseInt(match.group(2));
    return major > LAST_LINE_WITHOUT || major >= FIRST_LINE && minor >= SAYS_READY_SINCE_MINOR;
  }
}
