package dev.slipway.rollout.plan;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppPolicy.SecondPerson;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Baseline;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What other services know that a decision depends on, as of now.
///
/// @param releases what ingest has; versions that are absent are unknown to it
/// @param eligible per rollout: how many devices of the channel its targeting lets in; absent
///     while none was seen
/// @param usual what is usual for the app, from its completed rollouts
/// @param secondPerson which of the app's rollouts start only after a second person agreed
/// @param holders whose an access key is, by its id: the successors of a key have its holder; a key
///     that is absent is its own
public record Facts(
    Map<Version, Release> releases,
    Map<RolloutId, Long> eligible,
    @Nullable Baseline usual,
    SecondPerson secondPerson,
    Map<String, String> holders) {

  /// Nothing is known.
  public static final Facts NONE = new Facts(Map.of(), Map.of(), null);

  public Facts {
    holders = Map.copyOf(holders);
    releases = Map.copyOf(releases);
    eligible = Map.copyOf(eligible);
  }

  /// Of an app that asks nobody for a second person, and of keys without predecessors.
  public Facts(
      Map<Version, Release> releases, Map<RolloutId, Long> eligible, @Nullable Baseline usual) {
    this(releases, eligible, usual, SecondPerson.NEVER, Map.of());
  }

  public Facts with(SecondPerson rule) {
    return new Facts(releases, eligible, usual, rule, holders);
  }

  public Facts with(Map<String, String> holdersOfKeys) {
    return new Facts(releases, eligible, usual, secondPerson, holdersOfKeys);
  }

  /// Whether a rollout by this policy starts only after a second person agreed.
  boolean wantsSecondPerson(Policy policy) {
    return switch (secondPerson) {
      case NEVER -> false;
      case LOOSENED -> policy.trustsFewerReports();
      case ALWAYS -> true;
    };
  }

  String holder(String accessKey) {
    return holders.getOrDefault(accessKey, accessKey);
  }

  /// Whether ingest has a version of the app.
  public enum Publication {
    PUBLISHED,
    WITHDRAWN,
    UNKNOWN
  }

  /// One version.
  ///
  /// @param securityEpoch the publisher's floor: agents go back below the one they run for nobody
  public record Release(Publication publication, long securityEpoch) {
    static final Release UNKNOWN = new Release(Publication.UNKNOWN, 0);
    static final Release OF_THE_STORE = new Release(Publication.PUBLISHED, 0);
  }

  Release release(Version version) {
    return version.isBuiltin()
        ? Release.OF_THE_STORE
        : releases.getOrDefault(version, Release.UNKNOWN);
  }

  Optional<Long> eligible(RolloutId rollout) {
    return Optional.ofNullable(eligible.get(rollout)).filter(devices -> devices > 0);
  }

  /// What share of the attempts had confirmed a healthy start at this age in past rollouts; 0 while
  /// there are none.
  double usualConfirmedShare(Duration age) {
    if (usual == null) return 0;
    double share = 0;
    for (var known : usual.confirmedShares()) {
      if (known.age().compareTo(age) <= 0) share = known.share();
    }
    return share;
  }
}
