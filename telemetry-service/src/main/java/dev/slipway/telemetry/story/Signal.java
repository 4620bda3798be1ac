package dev.slipway.telemetry.story;

/// What a stock plugin's word says about starting the version that it names.
enum Signal {
  /// Switched to the version, nothing proven yet.
  SET,
  /// It never confirmed a healthy start.
  FAILED,
  /// The application said that it is ready.
  READY,
  /// The user has it before them.
  FOREGROUND,
  /// Any other word from a device that runs the version.
  SEEN,
  /// Says nothing about a version that runs: the download of one, or a plan to switch.
  NONE;

  static Signal of(String action) {
    return switch (action) {
      case "set" -> SET;
      case "update_fail", "set_fail" -> FAILED;
      case "app_launch_ready" -> READY;
      case "app_moved_to_foreground" -> FOREGROUND;
      case "set_next",
          "delete",
          "finish_download_fail",
          "manifest_path_fail",
          "insufficient_disk_space" ->
          NONE;
      default -> action.startsWith("download_") ? NONE : SEEN;
    };
  }
}
