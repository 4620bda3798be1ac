package dev.slipway.contracts;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.PublisherEvent;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceChannel;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.device.EdgeAck;
import dev.slipway.contracts.device.FleetSize;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Reach;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One record of each kind that travels, with every member filled in. */
public final class Examples {

  public static final AppId APP = AppId.of("com.example.shop");
  public static final ChannelName PRODUCTION = ChannelName.of("production");
  public static final Version CANDIDATE = Version.of("1.4.2");
  public static final Version BASELINE = Version.of("1.4.1");
  public static final RolloutId ROLLOUT = RolloutId.of("7b0c9d8e-1f2a-4b3c-8d4e-5f6a7b8c9d0e");
  public static final DeviceId DEVICE = DeviceId.of("b30b5035-93ff-47c8-8f4f-7272501a6aa0");
  public static final Instant NOON = Instant.parse("2026-11-22T12:00:00.123Z");
  private static final Instant LATER = NOON.plusSeconds(90);
  private static final Digest DIGEST = Digest.sha256("an example".getBytes(StandardCharsets.UTF_8));

  /** A value and the topic that carries it. */
  public record Example<T>(Topic<T> topic, String key, T value) {
    @Override
    public String toString() {
      return topic.name() + " " + value.getClass().getSimpleName();
    }
  }

  private Examples() {}

  public static List<Example<?>> all() {
    var policy =
        new Policy(
            0.001,
            0.05,
            0.01,
            false,
            0.015,
            300,
            20,
            10,
            Policy.OnUnhealthy.ROLLBACK,
            Duration.ofHours(4),
            1.5,
            Policy.Quarantine.CONFIRM,
            Policy.Reports.ALL,
            false,
            Duration.ofDays(2),
            Duration.ofMinutes(90));
    var stages =
        List.of(
            new Stage(new Reach.Devices(1000), Duration.ofMinutes(15), Stage.Gate.EVIDENCE),
            new Stage(Exposure.of("100 %"), Duration.ZERO, Stage.Gate.MANUAL));
    var subject =
        new RolloutEvent.Subject(APP, PRODUCTION, ROLLOUT, CANDIDATE, 1795348800123L, NOON);
    var ofChannel = new RolloutEvent.Subject(APP, PRODUCTION, null, null, 1795348800123L, NOON);
    var person = new Cause.Person("k3yid001", "weekly release");
    var evidence = new Cause.Evidence(verdict());
    return List.of(
        new Example<>(
            Topics.APPS,
            APP.toString(),
            new AppState(
                APP,
                3,
                "Shop",
                "A".repeat(52),
                DIGEST,
                List.of("fleet-1"),
                List.of("fleet-0"),
                AppPolicy.DEFAULT,
                PRODUCTION,
                DIGEST,
                NOON,
                LATER)),
        new Example<>(
            Topics.ACCESS_KEYS,
            "k3yid001",
            new AccessKey(
                "k3yid001",
                1,
                "CI",
                "k3yid000",
                DIGEST,
                Set.of(Role.PUBLISHER),
                Set.of(APP),
                NOON,
                LATER)),
        new Example<>(Topics.BUNDLES, BundleState.key(APP, CANDIDATE), bundle()),
        publisher(new PublisherEvent.CertificatePinned(APP, DIGEST, "MIIB", "new root", NOON)),
        publisher(new PublisherEvent.LineageChanged(APP, DIGEST, DIGEST, CANDIDATE, LATER, NOON)),
        publisher(new PublisherEvent.CertificateExpiring(APP, DIGEST, LATER, 30, NOON)),
        publisher(new PublisherEvent.CertificateInGrace(APP, DIGEST, NOON, LATER, 185, NOON)),
        publisher(new PublisherEvent.CertificateRevoked(APP, DIGEST, "key lost", NOON)),
        new Example<>(Topics.CHANNEL_STATES, ChannelState.key(APP, PRODUCTION), channel(policy)),
        event(new RolloutEvent.ChannelOpened(ofChannel, ChannelRules.DEFAULT, person)),
        event(new RolloutEvent.ChannelRulesChanged(ofChannel, ChannelRules.DEFAULT, person)),
        event(new RolloutEvent.ChannelDeleted(ofChannel, person)),
        event(
            new RolloutEvent.RolloutDrafted(subject, stages, policy, conditions(), LATER, person)),
        event(new RolloutEvent.RolloutSubmitted(subject, person)),
        event(new RolloutEvent.RolloutApproved(subject, person)),
        event(new RolloutEvent.RolloutScheduled(subject, LATER, person)),
        event(new RolloutEvent.RolloutReturned(subject, "too early", person)),
        event(
            new RolloutEvent.RolloutStarted(
                subject, BASELINE, stages, policy, conditions(), ROLLOUT, person)),
        event(
            new RolloutEvent.StageEntered(
                subject,
                1,
                Exposure.of("10 %"),
                1000L,
                RolloutEvent.Opening.TIME,
                new Cause.Schedule())),
        event(new RolloutEvent.StageFilled(subject, 0, 1003, evidence)),
        event(new RolloutEvent.RolloutPaused(subject, person)),
        event(new RolloutEvent.RolloutResumed(subject, Verdict.Health.SILENT, person)),
        event(new RolloutEvent.RolloutCompleted(subject, BASELINE, evidence)),
        event(new RolloutEvent.RolledBack(subject, BASELINE, evidence)),
        event(new RolloutEvent.RolloutCancelled(subject, person)),
        event(new RolloutEvent.RolloutSuperseded(subject, ROLLOUT, person)),
        event(new RolloutEvent.VersionQuarantined(subject, person)),
        event(new RolloutEvent.BaselineReplaced(ofChannel, Version.BUILTIN, BASELINE, person)),
        event(new RolloutEvent.RetryAllowed(ofChannel, LATER, person)),
        event(
            new RolloutEvent.AlertRaised(
                subject, RolloutEvent.Alert.UNHEALTHY, "12 of 214 devices failed", evidence)),
        new Example<>(
            Topics.DEVICE_OVERRIDES,
            DeviceEvent.key(APP, DEVICE),
            new DeviceOverride(APP, DEVICE, PRODUCTION, 7, NOON)),
        device(
            new DeviceEvent.Offered(
                APP, PRODUCTION, DEVICE, Platform.ANDROID, CANDIDATE, stamp(), NOON)),
        device(
            new DeviceEvent.Reported(
                APP,
                PRODUCTION,
                DEVICE,
                Platform.IOS,
                "update_fail",
                "1.4.2",
                "1.4.1",
                "8.51.23",
                NOON,
                "n0b4Wk1q",
                true,
                "no space left",
                NOON,
                stamp(),
                LATER)),
        device(new DeviceEvent.Tick(3, NOON)),
        device(new DeviceEvent.Forgotten(APP, DEVICE, NOON)),
        new Example<>(
            Topics.DEVICE_CHANNELS,
            DeviceEvent.key(APP, DEVICE),
            new DeviceChannel(APP, DEVICE, PRODUCTION, 7, NOON)),
        new Example<>(Topics.FLEET_SIZES, APP + "/" + PRODUCTION + "/edge-1", fleet()),
        new Example<>(Topics.OUTCOME_DELTAS, ROLLOUT.toString(), delta()),
        new Example<>(Topics.ROLLOUT_VERDICTS, ROLLOUT.toString(), verdict()),
        new Example<>(
            Topics.DEVICE_FAILURES,
            DeviceEvent.key(APP, DEVICE),
            new DeviceFailures(
                APP,
                DEVICE,
                9,
                List.of(
                    new DeviceFailures.Failure(CANDIDATE, DeviceFailures.Kind.START, 1, NOON)))),
        new Example<>(Topics.BASELINES, APP.toString(), baseline()),
        new Example<>(Topics.EDGE_ACKS, "edge-1", ack()));
  }

  private static BundleState bundle() {
    return new BundleState(
        APP,
        CANDIDATE,
        1,
        BundleState.Status.PUBLISHED,
        BundleState.Format.SLIPWAY_BUNDLE_1,
        DIGEST,
        42,
        18_230_044,
        3,
        DIGEST,
        DIGEST,
        new BundleState.Compat(Set.of(Platform.ANDROID), "5.0.0"),
        new BundleState.Capgo(
            BundleState.Capgo.Scheme.V3,
            DIGEST,
            4_711,
            "aXY=:a2V5",
            "ab".repeat(256),
            "MIIBCgKCAQEA1234abcd",
            DIGEST),
        new BundleState.Air("2.5", "One", Map.of("fr", "Marées"), null),
        new BundleState.Metadata("https://example.com/notes", "tides in feet"),
        true,
        NOON);
  }

  private static FleetSize fleet() {
    return new FleetSize(
        APP,
        PRODUCTION,
        "edge-1",
        9,
        List.of(new FleetSize.Sketch(Platform.ANDROID, "5.0.0", "AAEC")),
        NOON);
  }

  private static Baseline baseline() {
    return new Baseline(
        APP,
        4,
        2,
        List.of(new Baseline.Rate(Baseline.Signal.START, Platform.IOS, 1_200, 11)),
        Duration.ofHours(40),
        List.of(new Baseline.Share(Duration.ofHours(1), 0.4)),
        List.of(
            new Baseline.Part(
                ROLLOUT,
                NOON,
                List.of(new Baseline.Rate(Baseline.Signal.START, Platform.IOS, 1_200, 11)),
                List.of(new Baseline.Share(Duration.ofHours(1), 0.4)),
                new TreeMap<>(Map.of(0, 1_200L, 24, 1_100L)))),
        NOON);
  }

  private static ChannelState channel(Policy policy) {
    return new ChannelState(
        APP,
        PRODUCTION,
        1795348800123L,
        BASELINE,
        Version.BUILTIN,
        new ChannelState.ActiveRollout(
            ROLLOUT,
            CANDIDATE,
            "AAECAwQFBgcICQoLDA0ODw",
            Exposure.of("10 %"),
            Exposure.of("10 %"),
            1,
            true,
            policy,
            conditions(),
            1000L,
            NOON),
        Set.of(CANDIDATE),
        Set.of(Version.of("1.3.9")),
        ChannelRules.DEFAULT,
        NOON,
        new ChannelState.Statement("e30.e30.c2ln", List.of("e30.e30.c2ln"), 1795348800123L, LATER),
        LATER);
  }

  private static List<Condition> conditions() {
    return List.of(
        new Condition.PlatformIn(Set.of(Platform.IOS)),
        new Condition.NativeVersion("5.0.0", "6.0.0"),
        new Condition.OsVersion("13", null),
        new Condition.PluginVersion(null, "9.0.0"),
        new Condition.CustomIdIn(Set.of("beta")),
        new Condition.AttributeIn("country", Set.of("fr")));
  }

  private static Stamp stamp() {
    return new Stamp(ROLLOUT, Arm.EXPOSED, 1, 1795348800123L, CANDIDATE);
  }

  private static OutcomeDelta delta() {
    var exclusions = new TreeMap<String, Long>();
    exclusions.put("emulator-or-debug-build", 2L);
    return new OutcomeDelta(
        ROLLOUT,
        APP,
        PRODUCTION,
        3,
        List.of(
            new OutcomeDelta.Count(
                Baseline.Signal.START,
                Arm.EXPOSED,
                1,
                Platform.ANDROID,
                OutcomeDelta.Sender.ENROLLED,
                "n0b4Wk1q",
                12,
                3,
                -1)),
        exclusions,
        new TreeMap<>(Map.of(0, 12L, 24, 3L)),
        NOON);
  }

  private static Verdict verdict() {
    var exclusions = new TreeMap<String, Long>();
    exclusions.put("not-exposed", 1L);
    var offsets = new TreeMap<Integer, Long>();
    offsets.put(0, 128L);
    return new Verdict(
        ROLLOUT,
        APP,
        PRODUCTION,
        17,
        Verdict.Health.UNHEALTHY,
        Verdict.Action.PAUSE,
        1,
        new Verdict.Counts(214, 12, 12, 180, 31),
        2100.5,
        0.02,
        exclusions,
        offsets,
        DIGEST.toString(),
        "12 of 214 devices failed to start 1.4.2.",
        LATER,
        new Verdict.Parts(
            4100.5,
            1.5,
            200.25,
            0.5,
            1.0,
            0.75,
            0.25,
            0.05,
            new Verdict.Interval(0.02, 0.12),
            List.of(
                new Verdict.SignalCounts(
                    Baseline.Signal.HEALTH, Arm.CONTROL, new Verdict.Counts(1900, 40, 40, 0, 31))),
            List.of(new Verdict.Stratum(Platform.ANDROID, 200, 12, 800.5)),
            0.125),
        new Verdict.Shortfall(86, 8, 0, 214, 12));
  }

  private static EdgeAck ack() {
    var applied = new TreeMap<Integer, Long>();
    applied.put(0, 12L);
    applied.put(2, 0L);
    return new EdgeAck("edge-1", NOON, applied, false, LATER);
  }

  private static Example<RolloutEvent> event(RolloutEvent event) {
    return new Example<>(Topics.ROLLOUT_EVENTS, ChannelState.key(APP, PRODUCTION), event);
  }

  private static Example<PublisherEvent> publisher(PublisherEvent event) {
    return new Example<>(Topics.PUBLISHER_EVENTS, APP.toString(), event);
  }

  private static Example<DeviceEvent> device(DeviceEvent event) {
    return new Example<>(Topics.DEVICE_EVENTS, event.key(), event);
  }
}
