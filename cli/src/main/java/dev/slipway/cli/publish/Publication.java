package dev.slipway.cli.publish;

import dev.slipway.cli.http.Api;
import dev.slipway.contracts.bundle.BundleState;

/// A version that is published, and what had to travel for it.
///
/// @param bundle as the service has it now
/// @param isNew false where the same was published before
/// @param sent parts that were new, and their bytes
/// @param there parts that the service had, and their bytes
/// @param commitBytes of the request that published: the manifest, or what stands for it
/// @param sentBytes of parts and commit; what HTTP adds is not counted
public record Publication(
    BundleState bundle,
    boolean isNew,
    Upload.Sum sent,
    Upload.Sum there,
    long commitBytes,
    long sentBytes) {

  static Publication of(Api.Outcome<BundleState> outcome, Upload.Tally tally, long commitBytes) {
    return new Publication(
        outcome.value(),
        outcome.isNew(),
        tally.sent(),
        tally.there(),
        commitBytes,
        tally.sent().bytes() + commitBytes);
  }
}
