package dev.slipway.cli.fleet;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One life-cycle event as a device posts it.
///
/// @param versionName the version that the event is about; missing where the plugin leaves it out
/// @param queued whether it goes into the next batch; else it is posted by itself, at once
public record Report(
    String action,
    @Nullable String versionName,
    String oldVersionName,
    Map<String, String> metadata,
    boolean queued) {

  public Report {
    metadata = Map.copyOf(metadata);
  }
}
