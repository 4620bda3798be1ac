package dev.slipway.delivery.image;

import dev.slipway.contracts.Version;

/// What stands behind the name of a version.
public sealed interface Target {

  /// What the store delivered.
  record Builtin() implements Target {}

  /// A bundle that devices may be given.
  record Published(BundleImage bundle) implements Target {}

  /// A bundle that was taken back.
  record Withdrawn(Version version) implements Target {}

  /// A bundle that is not known here, or not yet.
  record Unknown(Version version) implements Target {}
}
