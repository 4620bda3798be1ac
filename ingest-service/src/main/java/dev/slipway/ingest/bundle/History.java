package dev.slipway.ingest.bundle;

import dev.slipway.bundle.Digest;
import java.util.List;
import java.util.Optional;

/// What an app has published so far.
///
/// @param versions all of them, withdrawn ones too: none is given twice
/// @param highestEpoch the highest security epoch; 0 before the first version
/// @param newestLeaf who signed the newest version that is signed at all
public record History(List<String> versions, long highestEpoch, Optional<Digest> newestLeaf) {

  History(List<String> versions, long highestEpoch) {
    this(versions, highestEpoch, Optional.empty());
  }

  public History {
    versions = List.copyOf(versions);
  }
}
