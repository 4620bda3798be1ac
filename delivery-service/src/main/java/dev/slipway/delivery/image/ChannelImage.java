package dev.slipway.delivery.image;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.decisions.Cohort;
import org.jspecify.annotations.Nullable;

/// A channel with all that its plan names looked up.
public record ChannelImage(ChannelState state, Target baseline, @Nullable Candidate candidate) {

  /// The active rollout and what it offers.
  public record Candidate(ChannelState.ActiveRollout rollout, Cohort cohort, Target target) {

    @Override
    public boolean equals(@Nullable Object other) {
      // The cohort follows from the rollout's salt.
      return other instanceof Candidate that
          && rollout.equals(that.rollout)
          && target.equals(that.target);
    }

    @Override
    public int hashCode() {
      return rollout.hashCode();
    }

    boolean exposes(DeviceId device) {
      return cohort.exposes(device, rollout.exposure());
    }
  }

  public boolean serves(Platform platform) {
    return switch (platform) {
      case ANDROID -> state.rules().android();
      case IOS -> state.rules().ios();
      case ELECTRON -> state.rules().electron();
    };
  }

  /// Whether a device gets it that asks for it.
  public boolean isOnRequest() {
    return state.rules().open() || state.rules().selfAssign();
  }

  /// The bundle that the device is to try, if the rollout reaches it and can be offered.
  ///
  /// @param paused whether all rollouts are to be taken for paused
  public @Nullable BundleImage candidateFor(DeviceId device, boolean paused) {
    if (candidate == null || paused || candidate.rollout().paused()) return null;
    if (state.quarantined().contains(candidate.rollout().version())) return null;
    // A candidate that is unknown or withdrawn is offered to nobody: baselines go on.
    if (!(candidate.target() instanceof Target.Published(var bundle))) return null;
    return candidate.exposes(device) ? bundle : null;
  }

  /// Whether devices that run this version stay on it, whatever the baseline is.
  ///
  /// @param paused whether all rollouts are to be taken for paused
  public boolean holds(Version version, boolean paused) {
    if (state.quarantined().contains(version)) return false;
    if (state.hold().contains(version)) return true;
    return candidate != null
        && (paused || candidate.rollout().paused())
        && candidate.rollout().version().equals(version);
  }

  /// What delivery knows of a device that named this version: nothing, unless it is the candidate.
  public @Nullable Stamp stamp(DeviceId device, String version) {
    if (candidate == null || !candidate.rollout().version().text().equals(version)) return null;
    return new Stamp(
        candidate.rollout().rolloutId(),
        candidate.exposes(device) ? Arm.EXPOSED : Arm.CONTROL,
        candidate.rollout().stage(),
        state.epoch());
  }
}
