package dev.slipway.cli.fleet;

/// A version of the stock plugin, and where its habits differ on the wire. All of them open the
/// encrypted zip of format V3.
///
/// @param version as devices send it
/// @param modern whether it sends its reports in batches, knows `set_next` and the `app_launch_…`
///     reports, and names the store's build by its native version; the others send each report by
///     itself and call the store's build "builtin"
/// @param readyMillis how long a new bundle may take to call `notifyAppReady`
public record Plugin(String version, boolean modern, long readyMillis) {

  /// The newest one that was recorded; Android gives a new bundle half a minute.
  public static final Plugin NEWEST = new Plugin("8.51.23", true, 30_000);

  public static final Plugin BATCHING_7 = new Plugin("7.51.21", true, 30_000);
  public static final Plugin SINGLE_8 = new Plugin("8.40.7", false, 10_000);
  public static final Plugin SINGLE_7 = new Plugin("7.36.1", false, 10_000);

  /// How the store's build is called in checks and reports.
  public String builtinName(String nativeVersion) {
    return modern ? nativeVersion : "builtin";
  }
}
