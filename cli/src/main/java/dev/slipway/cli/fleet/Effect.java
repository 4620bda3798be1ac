package dev.slipway.cli.fleet;

/// What a device does in consequence.
public sealed interface Effect {

  /// Asks for an update.
  ///
  /// @param versionName what runs, as the plugin calls it
  record Check(String versionName) implements Effect {}

  /// Says what happened.
  record Say(Report report) implements Effect {}

  /// Fetches an offered version.
  record Fetch(Offer offer) implements Effect {}

  /// Loads a version's page, which will call `notifyAppReady` or not.
  record LoadPage(Release release) implements Effect {}

  /// From now on the page has the plugin's time to become ready; an earlier time no longer counts.
  record StartReadyTimer() implements Effect {}
}
