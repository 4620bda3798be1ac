package dev.slipway.delivery.agent;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.agent.AgentCheck;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.decisions.VersionOrder;
import dev.slipway.delivery.agent.AgentDecision.LineageEnded;
import dev.slipway.delivery.agent.AgentDecision.NoChannel;
import dev.slipway.delivery.agent.AgentDecision.Nothing;
import dev.slipway.delivery.agent.AgentDecision.Offer;
import dev.slipway.delivery.agent.AgentDecision.ToBuiltin;
import dev.slipway.delivery.agent.AgentDecision.Why;
import dev.slipway.delivery.device.DeviceKeys;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.AppImage;
import dev.slipway.delivery.image.ChannelImage;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.Target;
import org.jspecify.annotations.Nullable;

/// The rules of an agent's check. They follow those of the stock plugin's where both can, so that
/// one rollout serves both; what the plugin cannot do comes on top: the floor below which a device
/// never goes back, and the way over hand-overs of certificates. Pure.
final class AgentRules {

  private AgentRules() {}

  /// @param now in seconds since 1970
  static AgentDecision decide(
      DeliveryImage image, Devices devices, AppImage app, AgentCheck check, long now) {
    var facts = facts(check);
    var channel = channelOf(app, devices, check.deviceId(), check.channel(), facts);
    if (channel == null) return new NoChannel();
    return new Check(app, channel, devices, check, facts, now).decide(image.rolloutsPaused());
  }

  static AgentFacts facts(AgentCheck check) {
    var attributes =
        check.attributes() == null ? java.util.Map.<String, String>of() : check.attributes();
    return new AgentFacts(check.platform(), check.nativeVersion(), check.osVersion(), attributes);
  }

  /// The channel that answers a device: the one that an operator put it on, else the one that it
  /// names if that grants wishes, else the one that is open to all.
  static @Nullable ChannelImage channelOf(
      AppImage app, Devices devices, DeviceId id, @Nullable String wish, AgentFacts facts) {
    if (devices.hasOverrides()) {
      var put = app.channelOfHash(devices.overrideOf(devices.keys().device(app.hash(), id)));
      if (put != null) return put;
    }
    return wish == null || wish.isEmpty()
        ? app.openTo(facts.platform())
        : app.onRequest(wish, facts.platform());
  }

  /// The active rollout of the channel and the device's side of it; nothing for a device that could
  /// not be part of it.
  static @Nullable Stamp stamp(ChannelImage channel, DeviceId device, AgentFacts facts) {
    var candidate = channel.candidate();
    if (candidate == null
        || !channel.serves(facts.platform())
        || !candidate.targeting().includes(facts)) {
      return null;
    }
    boolean canRun =
        switch (candidate.target()) {
          case Target.Published(var bundle) -> canRun(bundle.state(), facts);
          case Target.Builtin _, Target.Withdrawn _, Target.Unknown _ -> true;
        };
    return canRun ? stamp(channel, candidate, device) : null;
  }

  /// The same for a device that was offered the candidate of this rollout before: it was part of it
  /// then, and what it said of itself need not be said again.
  static @Nullable Stamp stampOfOffer(ChannelImage channel, DeviceId device, RolloutId rollout) {
    var candidate = channel.candidate();
    return candidate != null && candidate.rollout().rolloutId().equals(rollout)
        ? stamp(channel, candidate, device)
        : null;
  }

  private static Stamp stamp(
      ChannelImage channel, ChannelImage.Candidate candidate, DeviceId device) {
    var rollout = candidate.rollout();
    return new Stamp(
        rollout.rolloutId(),
        candidate.exposes(device) ? Arm.EXPOSED : Arm.CONTROL,
        rollout.stage(),
        channel.state().epoch(),
        rollout.version());
  }

  private static boolean canRun(BundleState bundle, AgentFacts facts) {
    var platforms = bundle.compat().platforms();
    var lowest = bundle.compat().nativeMin();
    return bundle.format() == Format.SLIPWAY_BUNDLE_1
        && (platforms.isEmpty() || platforms.contains(facts.platform()))
        && (lowest == null
            || VersionOrder.isVersion(lowest)
                && VersionOrder.isVersion(facts.nativeVersion())
                && VersionOrder.compare(facts.nativeVersion(), lowest) >= 0);
  }

  /// One device on its channel.
  private record Check(
      AppImage app,
      ChannelImage channel,
      Devices devices,
      AgentCheck check,
      AgentFacts facts,
      long now) {

    AgentDecision decide(boolean rolloutsPaused) {
      if (holds(rolloutsPaused)) return nothing(Why.HELD);
      var candidate = candidate(rolloutsPaused);
      if (candidate != null) {
        var decision = offer(candidate, true);
        // Who cannot be given the candidate again because it failed there is not left behind.
        boolean failed = decision instanceof Nothing(_, var why) && why == Why.FAILED_ON_DEVICE;
        if (!failed) return decision;
        return baseline() instanceof Offer offer ? offer : decision;
      }
      return baseline();
    }

    private AgentDecision baseline() {
      return switch (channel.baseline()) {
        case Target.Published(var bundle) -> offer(bundle.state(), false);
        case Target.Builtin() ->
            check.version() == null ? nothing(Why.UP_TO_DATE) : new ToBuiltin(channel);
        case Target.Withdrawn _, Target.Unknown _ -> nothing(Why.NO_BUNDLE);
      };
    }

    private @Nullable BundleState candidate(boolean rolloutsPaused) {
      var candidate = channel.candidate();
      if (candidate == null
          || rolloutsPaused
          || candidate.rollout().paused()
          || channel.quarantines(candidate.rollout().version().text())
          || !candidate.exposes(check.deviceId())
          || !candidate.targeting().includes(facts)) {
        return null;
      }
      return candidate.target() instanceof Target.Published(var bundle) ? bundle.state() : null;
    }

    private AgentDecision offer(BundleState target, boolean candidate) {
      if (target.version().equals(check.version())) return nothing(Why.UP_TO_DATE);
      if (!canRun(target, facts)) return nothing(Why.NOT_COMPATIBLE);
      if (target.securityEpoch() < check.securityEpoch()) return nothing(Why.BELOW_FLOOR);
      if (failed(target, candidate)) return nothing(Why.FAILED_ON_DEVICE);
      var all = app.bundles().values().stream().map(it -> it.state()).toList();
      return switch (SteppingStones.to(target, check.trustedLeaf(), all)) {
        case SteppingStones.Way.Direct() -> new Offer(channel, target, candidate, false);
        case SteppingStones.Way.Over(var stone) ->
            // The certificate is trusted once the stone runs; until then there is no other way.
            stone.version().equals(check.version())
                ? nothing(Why.UP_TO_DATE)
                : new Offer(channel, stone, candidate, true);
        case SteppingStones.Way.Ended() -> new LineageEnded();
      };
    }

    /// Whether the version failed on the device and may not be tried again. A device refuses what
    /// is in its own list; the server's holds for it too, unless the version takes it back from a
    /// quarantined one.
    private boolean failed(BundleState target, boolean candidate) {
      var own = check.failed();
      if (own != null && own.contains(target.version())) return true;
      var running = check.version();
      if (!candidate && running != null && channel.quarantines(running.text())) return false;
      return devices.failed(
          devices.keys().device(app.hash(), check.deviceId()),
          DeviceKeys.name(target.version().text()),
          now,
          channel.state().retryFrom());
    }

    private boolean holds(boolean rolloutsPaused) {
      var running = check.version();
      if (running == null || channel.quarantines(running.text())) return false;
      if (channel.state().hold().contains(running)) return true;
      var candidate = channel.candidate();
      return candidate != null
          && (rolloutsPaused || candidate.rollout().paused())
          && candidate.rollout().version().equals(running);
    }

    private Nothing nothing(Why why) {
      return new Nothing(channel, why);
    }
  }
}
