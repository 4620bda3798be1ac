package dev.slipway.cli.publish;

import dev.slipway.cli.http.Api;
import dev.slipway.contracts.bundle.BundleAnswer;
import dev.slipway.contracts.bundle.BundleState;
import java.util.List;

/// A version that is published, and what had to travel for it.
///
/// @param bundle as the service has it now
/// @param warnings what was accepted, but should not stay as it is, such as a certificate in its
///     grace
/// @param isNew false where the same was published before
/// @param sent parts that were new, and their bytes
/// @param there parts that the service had, and their bytes
/// @param commitBytes of the request that published: the manifest, or what stands for it
/// @param sentBytes of parts and commit; what HTTP adds is not counted
public record Publication(
    BundleState bundle,
    List<BundleAnswer.Warning> warnings,
    boolean isNew,
    Upload.Sum sent,
    Upload.Sum there,
    long commitBytes,
    long sentBytes) {

  static Publication of(Api.Outcome<BundleAnswer> outcome, Upload.Tally tally, long commitBytes) {
    List<BundleAnswer.Warning> warnings = outcome.value().warnings();
    return new Publication(
        outcome.value().bundle(),
        warnings == null ? List.of() : warnings,
        outcome.isNew(),
        tally.sent(),
        tally.there(),
        commitBytes,
        tally.sent().bytes() + commitBytes);
  }
}
