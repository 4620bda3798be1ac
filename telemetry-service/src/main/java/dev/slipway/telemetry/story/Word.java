package dev.slipway.telemetry.story;

import dev.slipway.contracts.device.DeviceEvent.Reported;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a report says, whether a stock plugin or an agent sent it.
enum Word {
  /// Began to download the version that it names.
  FETCH_BEGAN,
  /// The install of the version that it names has ended, before it could be switched to.
  FETCH_FAILED,
  /// A check of something just downloaded failed. Stock plugins on Android name the version that
  /// runs then, so that the offer tells which one is meant.
  CHECK_FAILED,
  /// The device's own disk, memory or network was in the way.
  FETCH_EXCUSED,
  /// Switched to the version that it names, nothing proven yet.
  SET,
  /// The version that it names never confirmed a healthy start.
  START_FAILED,
  /// The application said that it is ready.
  READY,
  /// The user has it before them.
  FOREGROUND,
  /// Something broke while the application ran.
  BROKE,
  /// Any other word from a device that runs the version that it names.
  SEEN,
  /// Says nothing about a version that runs: progress of a download, or a plan to switch.
  NONE;

  private static final Pattern PROGRESS = Pattern.compile("download_\\d{1,6}");
  private static final Pattern OF_THE_DEVICE =
      Pattern.compile(
          "disk|space|memory|network|connect|timeout|offline", Pattern.CASE_INSENSITIVE);

  static Word of(Reported report) {
    return switch (report.action()) {
      case "download_zip_start", "download_manifest_start", "downloading" -> FETCH_BEGAN;
      case "finish_download_fail",
          "download_manifest_checksum_fail",
          "download_manifest_brotli_fail",
          "manifest_path_fail" ->
          FETCH_FAILED;
      case "failed" -> isOfTheDevice(report.reason()) ? FETCH_EXCUSED : FETCH_FAILED;
      case "checksum_fail", "decrypt_fail", "unzip_fail" -> CHECK_FAILED;
      case "insufficient_disk_space", "low_mem_fail" -> FETCH_EXCUSED;
      case "download_fail" -> isBlank(report.versionName()) ? FETCH_EXCUSED : SEEN;
      case "set", "started" -> SET;
      case "update_fail", "set_fail", "rolled_back" -> START_FAILED;
      case "app_launch_ready", "healthy" -> READY;
      case "app_moved_to_foreground" -> FOREGROUND;
      case "app_crash",
          "app_crash_native",
          "app_anr",
          "app_killed_low_memory",
          "app_initialization_failure",
          "webview_javascript_error",
          "webview_unhandled_rejection",
          "webview_render_process_gone",
          "webview_unclean_restart",
          "webview_content_process_terminated" ->
          BROKE;
      case "set_next", "delete", "downloaded", "verified", "pending" -> NONE;
      default -> {
        if (PROGRESS.matcher(report.action()).matches()) yield FETCH_BEGAN;
        yield report.action().startsWith("download_") ? NONE : SEEN;
      }
    };
  }

  private static boolean isOfTheDevice(@Nullable String reason) {
    return reason != null && OF_THE_DEVICE.matcher(reason).find();
  }

  private static boolean isBlank(@Nullable String text) {
    return text == null || text.isBlank();
  }
}
