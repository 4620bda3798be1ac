package dev.slipway.delivery.decide;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.delivery.decide.UpdateDecision.AlreadyBuiltin;
import dev.slipway.delivery.decide.UpdateDecision.KeyMismatch;
import dev.slipway.delivery.decide.UpdateDecision.Offer;
import dev.slipway.delivery.decide.UpdateDecision.Refused;
import dev.slipway.delivery.decide.UpdateDecision.ToBuiltin;
import dev.slipway.delivery.decide.UpdateDecision.UpToDate;
import dev.slipway.delivery.image.BundleImage;
import dev.slipway.delivery.image.ChannelImage;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.SemVer;
import dev.slipway.delivery.image.Target;
import org.jspecify.annotations.Nullable;

/// The rules of the update check, in the order in which the stock plugin's own server applies them:
/// a device that several of them keep from an update is told the first. Pure: the same image and
/// query give the same decision.
public final class UpdateRules {

  private UpdateRules() {}

  public static UpdateDecision decide(DeliveryImage image, UpdateQuery query) {
    var app = image.app(query.app());
    if (app.isEmpty()) return new Refused(Refusal.APP_NOT_FOUND);
    if (!query.plugin().isSupported()) return new Refused(Refusal.UNSUPPORTED_PLUGIN_VERSION);
    var channel = app.get().channelOf(query.channel(), query.platform());
    if (channel.isEmpty()) return new Refused(Refusal.NO_CHANNEL);
    return decide(channel.get(), query, image.rolloutsPaused());
  }

  private static UpdateDecision decide(
      ChannelImage channel, UpdateQuery query, boolean rolloutsPaused) {
    if (isHeld(channel, query, rolloutsPaused)) return new UpToDate();
    var candidate = channel.candidateFor(query.device(), rolloutsPaused);
    if (candidate != null) return decide(channel, candidate, query);
    return switch (channel.baseline()) {
      case Target.Published(var bundle) -> decide(channel, bundle, query);
      case Target.Builtin() -> decideBuiltin(channel.state().rules(), query);
      // A channel whose version was taken back counts as absent.
      case Target.Withdrawn _ -> new Refused(Refusal.NO_CHANNEL);
      case Target.Unknown _ -> new Refused(Refusal.NO_BUNDLE);
    };
  }

  private static UpdateDecision decide(
      ChannelImage channel, BundleImage bundle, UpdateQuery query) {
    var capgo = bundle.state().capgo();
    var key = query.keyId();
    if (capgo != null
        && key != null
        && query.plugin().keyIdIsReliable()
        && capgo.keyId() != null
        && !key.equals(capgo.keyId())) {
      return new KeyMismatch(key, capgo.keyId());
    }
    var version = bundle.state().version();
    if (query.runs(version)) return new UpToDate();
    var rules = channel.state().rules();
    var barred = barrier(rules, bundle, query);
    if (barred == null) barred = build(rules, version, query);
    if (barred != null) return barred;
    boolean hasKey = key != null || !query.plugin().sendsKeyId();
    if (capgo == null || !query.plugin().readsV3() || !hasKey) {
      return new Refused(Refusal.BUNDLE_FORMAT_UNSUPPORTED, version.text(), query.running());
    }
    return new Offer(
        channel.state().channel(), bundle, channel.stamp(query.device(), version.text()));
  }

  private static UpdateDecision decideBuiltin(ChannelRules rules, UpdateQuery query) {
    if (query.runsBuiltin()) return new AlreadyBuiltin();
    var barred = build(rules, Version.BUILTIN, query);
    if (barred != null) return barred;
    return query.plugin().revertsToBuiltin()
        ? new ToBuiltin()
        : new Refused(Refusal.REVERT_TO_BUILTIN_PLUGIN_VERSION_TOO_OLD);
  }

  /// What the versions say, the offered one against the native one.
  private static @Nullable Refused barrier(
      ChannelRules rules, BundleImage bundle, UpdateQuery query) {
    var version = bundle.state().version().text();
    var target = bundle.order();
    var installed = query.nativeVersion();
    if (target == null) {
      boolean compares = rules.barrier() != ChannelRules.Barrier.NONE || rules.barUnderNative();
      return compares ? new Refused(Refusal.SEMVER_ERROR, version, query.running()) : null;
    }
    boolean minorDiffers =
        target.major() != installed.major() || target.minor() != installed.minor();
    var barrier =
        switch (rules.barrier()) {
          case NONE -> null;
          case MAJOR ->
              target.major() > installed.major() ? Refusal.DISABLE_AUTO_UPDATE_TO_MAJOR : null;
          case MINOR -> minorDiffers ? Refusal.DISABLE_AUTO_UPDATE_TO_MINOR : null;
          case PATCH ->
              minorDiffers || target.patch() != installed.patch()
                  ? Refusal.DISABLE_AUTO_UPDATE_TO_PATCH
                  : null;
          case VERSION_NUMBER -> nativeMin(bundle, installed);
        };
    if (barrier != null) return new Refused(barrier, version, installed.toString());
    if (rules.barUnderNative() && !target.isAtLeast(installed)) {
      return new Refused(Refusal.DISABLE_AUTO_UPDATE_UNDER_NATIVE, version, query.running());
    }
    return null;
  }

  private static @Nullable Refusal nativeMin(BundleImage bundle, SemVer installed) {
    var least = bundle.state().compat().nativeMin();
    if (least == null) return Refusal.MISCONFIGURED_CHANNEL;
    return SemVer.coerce(least)
        .map(min -> installed.isAtLeast(min) ? null : Refusal.DISABLE_AUTO_UPDATE_TO_METADATA)
        .orElse(Refusal.MISCONFIGURED_CHANNEL);
  }

  /// What kind of build and device the channel serves.
  private static @Nullable Refused build(ChannelRules rules, Version version, UpdateQuery query) {
    Refusal refusal;
    if (query.release() && !rules.releaseBuilds()) {
      refusal = Refusal.DISABLE_PROD_BUILD;
    } else if (!query.release() && !rules.debugBuilds()) {
      refusal = Refusal.DISABLE_DEV_BUILD;
    } else if (!query.emulator() && !rules.devices()) {
      refusal = Refusal.DISABLE_DEVICE;
    } else if (query.emulator() && !rules.emulators()) {
      refusal = Refusal.DISABLE_EMULATOR;
    } else {
      return null;
    }
    return new Refused(refusal, version.text(), query.running());
  }

  private static boolean isHeld(ChannelImage channel, UpdateQuery query, boolean rolloutsPaused) {
    // A name that no version can have is held nowhere.
    for (var held : channel.state().hold()) {
      if (query.runs(held) && channel.holds(held, rolloutsPaused)) return true;
    }
    var candidate = channel.candidate();
    return candidate != null
        && query.runs(candidate.rollout().version())
        && channel.holds(candidate.rollout().version(), rolloutsPaused);
  }
}
