package dev.slipway.ingest.bundle;

import java.util.List;

/// What an app has published so far.
///
/// @param versions all of them, withdrawn ones too: none is given twice
/// @param highestEpoch the highest security epoch; 0 before the first version
public record History(List<String> versions, long highestEpoch) {

  public History {
    versions = List.copyOf(versions);
  }
}
