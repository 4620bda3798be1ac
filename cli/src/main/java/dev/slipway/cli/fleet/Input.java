package dev.slipway.cli.fleet;

/// What happens to a device.
public sealed interface Input {

  /// Its user starts the application: a new process.
  record Launched() implements Input {}

  /// Its user comes back to the application.
  record Foregrounded() implements Input {}

  /// Its user leaves the application.
  record Backgrounded() implements Input {}

  /// The page that was loaded called `notifyAppReady`.
  record BecameReady() implements Input {}

  /// The page did not call it in time.
  record ReadyTimeRanOut() implements Input {}

  /// The update check was answered.
  record Answered(Answer answer) implements Input {}

  /// The bytes of an offered version have arrived; they are opened next.
  record Transferred(Offer offer) implements Input {}

  /// An offered version was opened and verified, and its files are in place.
  record Unpacked(Offer offer) implements Input {}

  /// What arrived is not what the publisher sealed.
  record ChecksumMismatch(Offer offer) implements Input {}

  /// The bytes did not come.
  record TransferFailed(Offer offer) implements Input {}
}
