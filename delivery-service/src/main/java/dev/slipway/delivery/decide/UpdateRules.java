package dev.slipway.delivery.decide;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.delivery.decide.UpdateDecision.AlreadyBuiltin;
import dev.slipway.delivery.decide.UpdateDecision.KeyMismatch;
import dev.slipway.delivery.decide.UpdateDecision.Offer;
import dev.slipway.delivery.decide.UpdateDecision.Refused;
import dev.slipway.delivery.decide.UpdateDecision.ToBuiltin;
import dev.slipway.delivery.decide.UpdateDecision.UpToDate;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.AppImage;
import dev.slipway.delivery.image.BundleImage;
import dev.slipway.delivery.image.ChannelImage;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.SemVer;
import dev.slipway.delivery.image.Target;
import org.jspecify.annotations.Nullable;

/// The rules of the update check, in the order in which the stock plugin's own server applies them:
/// a device that several of them keep from an update is told the first. Pure: the same image, the
/// same knowledge of the device, the same query and time give the same decision. "Nothing new" is
/// decided without making an object.
public final class UpdateRules {

  private static final UpdateDecision UP_TO_DATE = new UpToDate();
  private static final UpdateDecision ALREADY_BUILTIN = new AlreadyBuiltin();
  private static final UpdateDecision TO_BUILTIN = new ToBuiltin();
  /// What a device of an unknown app is told.
  public static final UpdateDecision APP_NOT_FOUND = new Refused(Refusal.APP_NOT_FOUND);
  private static final UpdateDecision NO_CHANNEL = new Refused(Refusal.NO_CHANNEL);
  private static final UpdateDecision NO_BUNDLE = new Refused(Refusal.NO_BUNDLE);

  private UpdateRules() {}

  /// @param now in seconds since 1970
  public static UpdateDecision decide(
      DeliveryImage image, Devices devices, UpdateQuery query, long now) {
    var app = image.app(query.app());
    if (app == null) return APP_NOT_FOUND;
    long device = devices.keys().device(app.hash(), query.device());
    return decide(image, app, devices, device, query, now);
  }

  /// The same for an app that has been found.
  ///
  /// @param app the one that the query names
  /// @param device the device's hash in these tables
  /// @param now in seconds since 1970
  public static UpdateDecision decide(
      DeliveryImage image,
      AppImage app,
      Devices devices,
      long device,
      UpdateQuery query,
      long now) {
    var facts = query.facts();
    if (!facts.plugin().isSupported()) return new Refused(Refusal.UNSUPPORTED_PLUGIN_VERSION);
    var channel = channelOf(app, devices, device, facts);
    if (channel == null) return NO_CHANNEL;
    boolean paused = image.rolloutsPaused();
    var candidate = channel.candidateFor(query, paused);
    // A device on a version that was superseded keeps it only until the new rollout reaches it.
    if (candidate == null && channel.holds(query, paused)) return UP_TO_DATE;
    // Most devices run what they are to run, and no object is made to tell them.
    var bundle = candidate == null ? channel.baselineBundle() : candidate;
    if (bundle != null && query.runs(bundle.name()) && !isForOtherKey(bundle, facts)) {
      return UP_TO_DATE;
    }
    return new Check(app, channel, devices, device, query, now).decide(candidate);
  }

  private static boolean isForOtherKey(BundleImage bundle, DeviceFacts facts) {
    var wrappedFor = bundle.keyId();
    var key = facts.keyId();
    return wrappedFor != null
        && key != null
        && !key.equals(wrappedFor)
        && facts.plugin().keyIdIsReliable();
  }

  /// The channel that answers a device: the one that an operator put it on; else the one that it
  /// chose, as far as its plugin leaves that to the server; else the one that it names; else the
  /// one that is open to all. A wish counts only for a channel that grants wishes.
  ///
  /// @param device the device's hash in these tables
  public static @Nullable ChannelImage channelOf(
      AppImage app, Devices devices, long device, DeviceFacts facts) {
    if (devices.hasOverrides()) {
      var put = app.channelOfHash(devices.overrideOf(device));
      if (put != null) return put;
    }
    if (!facts.plugin().keepsChannel()) {
      var chosen = app.channelOfHash(devices.choiceOf(device));
      if (chosen != null && chosen.serves(facts.platform()) && chosen.isOnRequest()) return chosen;
    }
    var wish = facts.channel();
    return wish == null ? app.openTo(facts.platform()) : app.onRequest(wish, facts.platform());
  }

  /// What delivery knows of a device of this channel for telemetry: the active rollout and the
  /// device's side of it. Nothing without a rollout, nor for a device that could not be part of it.
  public static @Nullable Stamp stamp(
      AppImage app, ChannelImage channel, DeviceId device, DeviceFacts facts) {
    var candidate = channel.candidate();
    if (candidate == null || !isEligible(app, channel, candidate, facts)) return null;
    var rollout = candidate.rollout();
    return new Stamp(
        rollout.rolloutId(),
        candidate.exposes(device) ? Arm.EXPOSED : Arm.CONTROL,
        rollout.stage(),
        channel.state().epoch(),
        rollout.version());
  }

  private static boolean isEligible(
      AppImage app, ChannelImage channel, ChannelImage.Candidate candidate, DeviceFacts facts) {
    var rules = channel.state().rules();
    if (!channel.serves(facts.platform())
        || build(rules, facts) != null
        || !candidate.targeting().includes(facts)) {
      return false;
    }
    return switch (candidate.target()) {
      // Not the key: some reports of devices that have one do not name it.
      case Target.Published(var bundle) ->
          bundle.runsOn(facts.platform())
              && barrier(rules, bundle, facts) == null
              && bundle.opensWith(facts.plugin(), app.isSealed());
      case Target.Builtin _, Target.Withdrawn _, Target.Unknown _ -> true;
    };
  }

  /// What the versions say, the offered one against the native one.
  private static @Nullable Refusal barrier(
      ChannelRules rules, BundleImage bundle, DeviceFacts facts) {
    var target = bundle.order();
    var installed = facts.build();
    if (target == null) {
      boolean compares =
          switch (rules.barrier()) {
            case MAJOR, MINOR, PATCH -> true;
            case VERSION_NUMBER, NONE -> rules.barUnderNative();
          };
      if (compares) return Refusal.SEMVER_ERROR;
    } else {
      boolean minorDiffers =
          target.major() != installed.major() || target.minor() != installed.minor();
      var step =
          switch (rules.barrier()) {
            case VERSION_NUMBER, NONE -> null;
            case MAJOR ->
                target.major() > installed.major() ? Refusal.DISABLE_AUTO_UPDATE_TO_MAJOR : null;
            case MINOR -> minorDiffers ? Refusal.DISABLE_AUTO_UPDATE_TO_MINOR : null;
            case PATCH ->
                minorDiffers || target.patch() != installed.patch()
                    ? Refusal.DISABLE_AUTO_UPDATE_TO_PATCH
                    : null;
          };
      if (step != null) return step;
    }
    // A version that names its lowest native one cannot run on a lower one, whatever the barrier.
    var lowest = bundle.nativeMin();
    if (lowest == null) {
      if (rules.barrier() == ChannelRules.Barrier.VERSION_NUMBER) {
        return Refusal.MISCONFIGURED_CHANNEL;
      }
    } else if (!installed.isAtLeast(lowest)) {
      return Refusal.DISABLE_AUTO_UPDATE_TO_METADATA;
    }
    return target != null && rules.barUnderNative() && !target.isAtLeast(installed)
        ? Refusal.DISABLE_AUTO_UPDATE_UNDER_NATIVE
        : null;
  }

  /// What kind of build and device the channel serves.
  private static @Nullable Refusal build(ChannelRules rules, DeviceFacts facts) {
    if (facts.release() ? !rules.releaseBuilds() : !rules.debugBuilds()) {
      return facts.release() ? Refusal.DISABLE_PROD_BUILD : Refusal.DISABLE_DEV_BUILD;
    }
    if (facts.emulator() ? !rules.emulators() : !rules.devices()) {
      return facts.emulator() ? Refusal.DISABLE_EMULATOR : Refusal.DISABLE_DEVICE;
    }
    return null;
  }

  /// One device on its channel.
  private record Check(
      AppImage app,
      ChannelImage channel,
      Devices devices,
      long device,
      UpdateQuery query,
      long now) {

    UpdateDecision decide(@Nullable BundleImage candidate) {
      if (candidate != null) {
        var decision = decide(candidate, true);
        // Who cannot be given the candidate again because it failed there is not left behind.
        boolean failed =
            decision instanceof Refused refused
                && refused.reason() == Refusal.VERSION_FAILED_ON_DEVICE;
        if (!failed) return decision;
        var baseline = decideBaseline();
        return baseline instanceof Offer ? baseline : decision;
      }
      return decideBaseline();
    }

    private UpdateDecision decideBaseline() {
      return switch (channel.baseline()) {
        case Target.Published published -> decide(published.bundle(), false);
        case Target.Builtin() -> decideBuiltin();
        // A channel whose version was taken back counts as absent.
        case Target.Withdrawn _ -> NO_CHANNEL;
        case Target.Unknown _ -> NO_BUNDLE;
      };
    }

    private UpdateDecision decide(BundleImage bundle, boolean candidate) {
      var facts = query.facts();
      var wrappedFor = bundle.keyId();
      var key = facts.keyId();
      if (isForOtherKey(bundle, facts) && key != null && wrappedFor != null) {
        return new KeyMismatch(key, wrappedFor);
      }
      if (query.runs(bundle.name())) return UP_TO_DATE;
      var rules = channel.state().rules();
      if (!channel.serves(facts.platform()) || !bundle.runsOn(facts.platform())) {
        return refuse(Refusal.disabled(facts.platform()), bundle);
      }
      var refusal = barrier(rules, bundle, facts);
      if (refusal == null) refusal = build(rules, facts);
      if (refusal != null) return refuse(refusal, bundle);
      if (!opens(bundle, facts)) return refuse(Refusal.BUNDLE_FORMAT_UNSUPPORTED, bundle);
      if (isKept(bundle, candidate)) return refuse(Refusal.VERSION_FAILED_ON_DEVICE, bundle);
      var answer =
          bundle.offer(
              facts.plugin(),
              app.registered().policy().exposeMetadata() && facts.plugin().takesMetadata());
      return answer == null
          ? refuse(Refusal.BUNDLE_NOT_READY, bundle)
          : new Offer(channel, bundle, candidate, answer);
    }

    private boolean opens(BundleImage bundle, DeviceFacts facts) {
      var capgo = bundle.state().capgo();
      if (capgo == null || !bundle.opensWith(facts.plugin(), app.isSealed())) return false;
      // A device with a key refuses what is in the clear or, worse, installs it unverified.
      if (capgo.scheme() == Scheme.PLAIN) return facts.keyId() == null;
      return facts.keyId() != null || !facts.plugin().sendsKeyId();
    }

    /// Whether the version failed on the device and may not be tried again. Where it takes the
    /// device back from something worse it may: from a quarantined version, or to a lower one.
    private boolean isKept(BundleImage bundle, boolean candidate) {
      if (!devices.failed(device, bundle.nameHash(), now, channel.state().retryFrom())) {
        return false;
      }
      if (candidate || query.builtin()) return true;
      return !channel.quarantines(query.running()) && !isLower(bundle);
    }

    private boolean isLower(BundleImage bundle) {
      var target = bundle.order();
      return target != null
          && SemVer.coerce(query.running()).filter(runs -> target.compareTo(runs) < 0).isPresent();
    }

    private UpdateDecision decideBuiltin() {
      if (query.builtin()) return ALREADY_BUILTIN;
      var refusal = build(channel.state().rules(), query.facts());
      if (refusal != null) {
        return new Refused(refusal, Version.BUILTIN.text(), query.running());
      }
      return query.facts().plugin().revertsToBuiltin()
          ? TO_BUILTIN
          : new Refused(Refusal.REVERT_TO_BUILTIN_PLUGIN_VERSION_TOO_OLD);
    }

    private UpdateDecision refuse(Refusal refusal, BundleImage bundle) {
      return new Refused(
          refusal,
          bundle.state().version().text(),
          refusal.isBarrier() ? query.facts().build().toString() : query.running());
    }
  }
}
