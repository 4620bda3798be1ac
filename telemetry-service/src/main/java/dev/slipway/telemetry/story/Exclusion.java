package dev.slipway.telemetry.story;

/// Why what a device reported about a rollout is not counted, or not yet. A device stands at most
/// once under each reason. Whom a policy leaves out, and what is beyond the caps, the judge says.
public enum Exclusion {
  /// The device is on the side that is not offered the version.
  NOT_EXPOSED("not-exposed"),
  /// The rollout offers another version than the one that the report names.
  OTHER_VERSION("other-version"),
  /// A failure without the attempt that failed; taken back when that is heard of.
  NO_ATTEMPT("no-attempt");

  private final String slug;

  Exclusion(String slug) {
    this.slug = slug;
  }

  /// As it stands in deltas and verdicts.
  public String slug() {
    return slug;
  }
}
