package dev.slipway.cli.fleet;

/// What a device can run.
public sealed interface Release {

  /// What the app store delivered.
  record Builtin() implements Release {}

  /// A version that came over the air.
  record Bundle(String version) implements Release {}

  Release BUILTIN = new Builtin();
}
