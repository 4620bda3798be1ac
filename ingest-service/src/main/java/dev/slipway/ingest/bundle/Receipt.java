package dev.slipway.ingest.bundle;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.bundle.BundleAnswer.Warning;
import dev.slipway.contracts.bundle.BundleState;
import java.util.List;

/// What came of a manifest that passed all checks.
public sealed interface Receipt {

  /// The version is published now.
  record Accepted(BundleState bundle, List<Warning> warnings) implements Receipt {
    public Accepted {
      warnings = List.copyOf(warnings);
    }
  }

  /// Exactly this manifest was published before; nothing was done.
  record WasThere(BundleState bundle) implements Receipt {}

  /// The version exists with another manifest; nothing was done.
  record VersionTaken(Digest by) implements Receipt {}
}
