package dev.slipway.delivery.image;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.decisions.Cohort;
import dev.slipway.decisions.Targeting;
import dev.slipway.delivery.decide.UpdateQuery;
import dev.slipway.delivery.device.DeviceKeys;
import java.util.Arrays;
import java.util.Collection;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A channel with all that its plan names looked up.
public final class ChannelImage implements NameTable.Named {

  /// The active rollout and what it offers.
  public record Candidate(
      ChannelState.ActiveRollout rollout, Cohort cohort, Targeting targeting, Target target) {

    static Candidate of(ChannelState.ActiveRollout rollout, Target target) {
      return new Candidate(
          rollout, Cohort.of(rollout.salt()), Targeting.of(rollout.targeting()), target);
    }

    /// Whether the device is on the side that gets it, if it can be part of it at all.
    public boolean exposes(DeviceId device) {
      return cohort.exposes(device, rollout.exposure());
    }

    @Override
    public boolean equals(@Nullable Object other) {
      // Cohort and targeting follow from the rollout.
      return other instanceof Candidate that
          && rollout.equals(that.rollout)
          && target.equals(that.target);
    }

    @Override
    public int hashCode() {
      return rollout.hashCode();
    }
  }

  private static final String[] NONE = {};

  private final ChannelState state;
  private final Target baseline;
  private final @Nullable Candidate candidate;
  private final String name;
  private final int nameHash;

  // What a check needs of the plan, at hand: each step from object to object may be a look into
  // memory that no cache holds.
  private final int platforms;
  private final boolean onRequest;
  private final @Nullable BundleImage baselineBundle;
  private final String[] held;
  private final String[] quarantined;
  private final @Nullable BundleImage offered;
  private final boolean heldBack;
  private final boolean toAll;

  ChannelImage(ChannelState state, Target baseline, @Nullable Candidate candidate) {
    this.state = state;
    this.baseline = baseline;
    this.candidate = candidate;
    name = state.channel().text();
    nameHash = DeviceKeys.name(name);
    platforms = platforms(state.rules());
    onRequest = state.rules().open() || state.rules().selfAssign();
    baselineBundle = baseline instanceof Target.Published published ? published.bundle() : null;
    quarantined = texts(state.quarantined());
    held = texts(state.hold().stream().filter(it -> !state.quarantined().contains(it)).toList());
    boolean quarantines =
        candidate != null && state.quarantined().contains(candidate.rollout().version());
    // A candidate that is unknown, withdrawn or quarantined is offered to nobody.
    offered =
        candidate != null
                && !quarantines
                && candidate.target() instanceof Target.Published published
            ? published.bundle()
            : null;
    heldBack = candidate != null && !quarantines;
    toAll = candidate != null && candidate.rollout().exposure().equals(Exposure.ALL);
  }

  private static String[] texts(Collection<Version> versions) {
    return versions.isEmpty() ? NONE : versions.stream().map(Version::text).toArray(String[]::new);
  }

  private static int platforms(ChannelRules rules) {
    int served = 0;
    for (var platform : Platform.values()) {
      boolean serves =
          switch (platform) {
            case ANDROID -> rules.android();
            case IOS -> rules.ios();
            case ELECTRON -> rules.electron();
          };
      if (serves) served |= 1 << platform.ordinal();
    }
    return served;
  }

  @Override
  public String name() {
    return name;
  }

  public ChannelState state() {
    return state;
  }

  /// The bundle that is the baseline, if it is one that can be offered.
  public @Nullable BundleImage baselineBundle() {
    return baselineBundle;
  }

  public Target baseline() {
    return baseline;
  }

  public @Nullable Candidate candidate() {
    return candidate;
  }

  /// Of its name, in the tables per device.
  public int nameHash() {
    return nameHash;
  }

  public boolean serves(Platform platform) {
    return (platforms & 1 << platform.ordinal()) != 0;
  }

  /// Whether a device gets it that asks for it.
  public boolean isOnRequest() {
    return onRequest;
  }

  /// The bundle that the device is to try, if the rollout reaches it, is meant for it and can be
  /// offered.
  ///
  /// @param paused whether all rollouts are to be taken for paused
  public @Nullable BundleImage candidateFor(UpdateQuery query, boolean paused) {
    var rollout = candidate;
    if (rollout == null || offered == null || paused || rollout.rollout().paused()) return null;
    if (!toAll && !rollout.exposes(query.device())) return null;
    return rollout.targeting().includes(query.facts()) ? offered : null;
  }

  /// Whether the device stays on what it runs, whatever the baseline is.
  ///
  /// @param paused whether all rollouts are to be taken for paused
  public boolean holds(UpdateQuery query, boolean paused) {
    for (var version : held) {
      if (version.equals(query.versionName()) || version.equals(query.running())) return true;
    }
    return candidate != null
        && heldBack
        && (paused || candidate.rollout().paused())
        && query.runs(candidate.rollout().version());
  }

  /// Whether the plan says anything of this version. What it names is exactly what devices of the
  /// channel are given, kept on or taken from.
  public boolean names(String version) {
    var rollout = state.rollout();
    var previous = state.previousBaseline();
    return version.equals(state.baseline().text())
        || rollout != null && version.equals(rollout.version().text())
        || previous != null && version.equals(previous.text())
        || Arrays.asList(held).contains(version)
        || quarantines(version);
  }

  public boolean quarantines(String version) {
    for (var bad : quarantined) {
      if (bad.equals(version)) return true;
    }
    return false;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChannelImage that
        && state.equals(that.state)
        && baseline.equals(that.baseline)
        && Objects.equals(candidate, that.candidate);
  }

  @Override
  public int hashCode() {
    return state.hashCode();
  }

  @Override
  public String toString() {
    return "ChannelImage[" + state.key() + " epoch " + state.epoch() + "]";
  }
}
