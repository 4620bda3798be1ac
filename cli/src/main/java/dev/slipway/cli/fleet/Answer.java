package dev.slipway.cli.fleet;

/// What a device made of the answer to its update check.
public sealed interface Answer {

  /// Nothing to do: up to date, or kept back on purpose.
  record Nothing() implements Answer {}

  /// Go back to what the app store delivered.
  record ToBuiltin() implements Answer {}

  /// Install this version, whether it is newer or older.
  record Install(Offer offer) implements Answer {}

  /// The server could not say; plugins report that as a failed download.
  record Refused(String error) implements Answer {}
}
