package dev.slipway.delivery.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.contracts.device.DeviceChannel;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.DeviceFailures.Kind;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.decisions.Cohort;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.decide.UpdateDecision.AlreadyBuiltin;
import dev.slipway.delivery.decide.UpdateDecision.Offer;
import dev.slipway.delivery.decide.UpdateDecision.Refused;
import dev.slipway.delivery.decide.UpdateDecision.ToBuiltin;
import dev.slipway.delivery.decide.UpdateDecision.UpToDate;
import dev.slipway.delivery.device.DeviceKeys;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.FileList;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What Slipway decides beyond, and otherwise than, the stock plugin's own server.
class UpdateRulesTest {

  private static final String APP = "com.demo.app";
  private static final Exposure SOME = Exposure.of("30 %");
  private static final OfferWriter OFFERS = new OfferWriter(URI.create("https://ota.example.com"));
  private static final Random RANDOM = new Random(7);
  private static final DeviceId EXPOSED = device(true);
  private static final DeviceId CONTROL = device(false);
  private static final Instant NOW = Samples.NOW;

  private final Devices devices = new Devices(5);

  @Test
  void offersTheCandidateToTheExposedAndTheBaselineToTheOthers() {
    var image = image(channel("1.0.1", rolling(false), Set.of(), Set.of()));

    assertThat(offered(image, query(EXPOSED, "1.0.1"))).isEqualTo("1.1.0");
    assertThat(decide(image, query(CONTROL, "1.0.1"))).isInstanceOf(UpToDate.class);
    assertThat(offered(image, query(CONTROL, "1.0.0"))).isEqualTo("1.0.1");
    assertThat(decide(image, query(EXPOSED, "1.0.1")))
        .isInstanceOfSatisfying(Offer.class, offer -> assertThat(offer.candidate()).isTrue());
    assertThat(decide(image, query(CONTROL, "1.0.0")))
        .isInstanceOfSatisfying(Offer.class, offer -> assertThat(offer.candidate()).isFalse());
  }

  @Test
  void aClaimToRunTheCandidateMakesNobodyEligible() {
    var image = image(channel("1.0.1", rolling(false), Set.of(), Set.of()));
    assertThat(offered(image, query(CONTROL, "1.1.0"))).isEqualTo("1.0.1");
  }

  @Test
  void aPausedRolloutReachesNobodyNewAndLeavesItsDevicesAlone() {
    for (var hold : Stream.of(Set.of("1.1.0"), Set.<String>of()).toList()) {
      var image = image(channel("1.0.1", rolling(true), hold, Set.of()));
      assertThat(decide(image, query(EXPOSED, "1.0.1"))).isInstanceOf(UpToDate.class);
      assertThat(offered(image, query(EXPOSED, "1.0.0"))).isEqualTo("1.0.1");
      assertThat(decide(image, query(EXPOSED, "1.1.0"))).isInstanceOf(UpToDate.class);
      assertThat(decide(image, query(CONTROL, "1.1.0"))).isInstanceOf(UpToDate.class);
    }
  }

  @Test
  void withoutKafkaEveryRolloutCountsAsPausedAndBaselinesGoOn() {
    var image =
        image(channel("1.0.1", rolling(false), Set.of(), Set.of())).withRolloutsPaused(true);
    assertThat(offered(image, query(EXPOSED, "1.0.0"))).isEqualTo("1.0.1");
    assertThat(decide(image, query(EXPOSED, "1.1.0"))).isInstanceOf(UpToDate.class);
  }

  @Test
  void afterARollbackEveryDeviceOnTheVersionIsOfferedTheBaseline() {
    var image = image(channel("1.0.1", null, Set.of(), Set.of("1.1.0")));
    assertThat(offered(image, query(EXPOSED, "1.1.0"))).isEqualTo("1.0.1");
    assertThat(offered(image, query(CONTROL, "1.1.0"))).isEqualTo("1.0.1");
  }

  @Test
  void aQuarantinedVersionIsNeitherOfferedNorHeld() {
    var image = image(channel("1.0.1", rolling(false), Set.of("1.1.0"), Set.of("1.1.0")));
    assertThat(offered(image, query(EXPOSED, "1.0.0"))).isEqualTo("1.0.1");
    assertThat(offered(image, query(EXPOSED, "1.1.0"))).isEqualTo("1.0.1");
  }

  @Test
  void aCandidateThatIsWithdrawnOrUnknownIsOfferedToNobody() {
    var withdrawn =
        Samples.bundle(
            APP, "1.1.0", 2, BundleState.Status.WITHDRAWN, Samples.capgo("x", Samples.KEY_ID));
    var image =
        image(channel("1.0.1", rolling(false), Set.of(), Set.of()), Samples.app(APP), withdrawn);
    assertThat(offered(image, query(EXPOSED, "1.0.0"))).isEqualTo("1.0.1");

    var unknown = image(channel("1.0.1", rolling("1.2.0", false), Set.of(), Set.of()));
    assertThat(offered(unknown, query(EXPOSED, "1.0.0"))).isEqualTo("1.0.1");
  }

  @Test
  void aBaselineThatIsUnknownIsNoBundleAndAWithdrawnOneNoChannel() {
    assertThat(refusal(image(channel("7.7.7", null, Set.of(), Set.of())), query(CONTROL, "1.0.0")))
        .isEqualTo(Refusal.NO_BUNDLE);
    var withdrawn =
        Samples.bundle(
            APP, "1.0.1", 2, BundleState.Status.WITHDRAWN, Samples.capgo("x", Samples.KEY_ID));
    assertThat(
            refusal(
                image(channel("1.0.1", null, Set.of(), Set.of()), Samples.app(APP), withdrawn),
                query(CONTROL, "1.0.0")))
        .isEqualTo(Refusal.NO_CHANNEL);
  }

  @Test
  void goesBackToTheStoresBuild() {
    var image = image(channel("builtin", null, Set.of(), Set.of()));
    assertThat(decide(image, query(EXPOSED, "1.1.0"))).isInstanceOf(ToBuiltin.class);
    assertThat(decide(image, query(EXPOSED, "builtin"))).isInstanceOf(AlreadyBuiltin.class);
    assertThat(decide(image, query(EXPOSED, "1.0.0"))).isInstanceOf(AlreadyBuiltin.class);
    assertThat(decide(image, with(query(EXPOSED, "1.1.0"), "6.1.9", Samples.KEY_ID)))
        .isEqualTo(new Refused(Refusal.REVERT_TO_BUILTIN_PLUGIN_VERSION_TOO_OLD));
    assertThat(decide(image, with(query(EXPOSED, "1.1.0"), "4.9.0", Samples.KEY_ID)))
        .isEqualTo(new Refused(Refusal.UNSUPPORTED_PLUGIN_VERSION));
  }

  @ParameterizedTest
  @CsvSource({
    // The rendition is of the third format.
    "8.51.23, true, true",
    "8.40.7, true, true",
    "7.51.21, true, true",
    "7.36.1, true, true",
    "7.30.0, true, true",
    "7.27.8, true, false",
    "7.9.0, true, false",
    "6.30.0, true, true",
    "6.14.26, true, false",
    "5.30.0, true, true",
    "5.29.9, true, false",
    "0.0.1, true, false",
    "9.0.0, true, true",
    // A plugin that would send the name of its key sends none: it has none.
    "8.51.23, false, false",
    "8.1.0, false, false",
    "8.0.9, false, true",
    "7.51.21, false, true",
  })
  void offersOnlyWhatTheDeviceCanOpen(String plugin, boolean sendsKey, boolean opens) {
    var image = image(channel("1.0.1", null, Set.of(), Set.of()));
    var query = with(query(CONTROL, "1.0.0"), plugin, sendsKey ? Samples.KEY_ID : null);
    var expected =
        opens
            ? "1.0.1"
            : new Refused(Refusal.BUNDLE_FORMAT_UNSUPPORTED, "1.0.1", "1.0.0").toString();
    var decision = decide(image, query);
    assertThat(
            decision instanceof Offer offer
                ? offer.bundle().state().version().text()
                : decision.toString())
        .isEqualTo(expected);
  }

  @Test
  void aBundleWithoutARenditionIsForNobody() {
    var bare = Samples.bundle(APP, "1.0.1", 2, BundleState.Status.PUBLISHED, null);
    var image = image(channel("1.0.1", null, Set.of(), Set.of()), Samples.app(APP), bare);
    assertThat(refusal(image, query(CONTROL, "1.0.0")))
        .isEqualTo(Refusal.BUNDLE_FORMAT_UNSUPPORTED);
    assertThat(decide(image, query(CONTROL, "1.0.1"))).isInstanceOf(UpToDate.class);
  }

  @Test
  void aNameThatIsNoSemanticVersionIsServedOnlyWhereNothingCompares() {
    var odd = Samples.bundle(APP, "2026.11.22.4");
    var rules = ChannelRules.DEFAULT;
    assertThat(
            refusal(
                image(channel("2026.11.22.4", rules), Samples.app(APP), odd),
                query(CONTROL, "1.0.0")))
        .isEqualTo(Refusal.SEMVER_ERROR);
    var free =
        new ChannelRules(
            true, true, true, true, true, true, true, true, true, ChannelRules.Barrier.NONE, false);
    assertThat(
            offered(
                image(channel("2026.11.22.4", free), Samples.app(APP), odd),
                query(CONTROL, "1.0.0")))
        .isEqualTo("2026.11.22.4");
  }

  @Test
  void anAppWithoutItsOwnRecordIsUnknown() {
    var delta = new ImageDelta(DeliveryImage.EMPTY, OFFERS);
    delta.replay(Samples.bundle(APP, "1.0.1"));
    delta.replay(channel("1.0.1", null, Set.of(), Set.of()));
    assertThat(refusal(delta.apply(), query(CONTROL, "1.0.0"))).isEqualTo(Refusal.APP_NOT_FOUND);
  }

  private static final Version CANDIDATE = Version.of("1.1.0");
  private static final Version BASELINE = Version.of("1.0.1");

  @Test
  void offersAgainNothingThatFailedToStartThere() {
    var image = image(channel("1.0.1", rolling(false), Set.of(), Set.of()));
    fail(EXPOSED, CANDIDATE, Kind.START, NOW.minusSeconds(60));

    // It is told so, and on an older version it gets the baseline
    assertThat(decide(image, query(EXPOSED, "1.0.1")))
        .isEqualTo(new Refused(Refusal.VERSION_FAILED_ON_DEVICE, "1.1.0", "1.0.1"));
    assertThat(offered(image, query(EXPOSED, "1.0.0"))).isEqualTo("1.0.1");
    // nobody else is
    assertThat(offered(image, query(device(true), "1.0.1"))).isEqualTo("1.1.0");
    // a newer version is offered
    var newer = image(channel("1.0.1", rolling("1.1.1", false), Set.of(), Set.of()), "1.1.1");
    assertThat(offered(newer, query(EXPOSED, "1.0.1"))).isEqualTo("1.1.1");
  }

  @Test
  void offersItAgainFromWhenThePlanSaysSo() {
    fail(EXPOSED, CANDIDATE, Kind.START, NOW.minusSeconds(60));
    var later = image(retrying(NOW.minusSeconds(30)));
    var earlier = image(retrying(NOW.minusSeconds(90)));
    assertThat(offered(later, query(EXPOSED, "1.0.1"))).isEqualTo("1.1.0");
    assertThat(refusal(earlier, query(EXPOSED, "1.0.1")))
        .isEqualTo(Refusal.VERSION_FAILED_ON_DEVICE);
  }

  @Test
  void knowsWhatWasReportedAMomentAgo() {
    var image = image(channel("1.0.1", rolling(false), Set.of(), Set.of()));
    long key = devices.keys().device(DeviceKeys.app(APP), EXPOSED);
    devices.recentFailures().notStarted(key, DeviceKeys.name("1.1.0"), NOW.getEpochSecond());
    assertThat(refusal(image, query(EXPOSED, "1.0.1"))).isEqualTo(Refusal.VERSION_FAILED_ON_DEVICE);
  }

  @Test
  void theTargetOfARollbackIsNeverKeptFromADevice() {
    fail(EXPOSED, BASELINE, Kind.START, NOW.minusSeconds(60));
    // Away from a quarantined version, and from a higher one
    var quarantined = image(channel("1.0.1", null, Set.of(), Set.of("0.9.0")));
    assertThat(offered(quarantined, query(EXPOSED, "0.9.0"))).isEqualTo("1.0.1");
    var rolledBack = image(channel("1.0.1", null, Set.of(), Set.of()));
    assertThat(offered(rolledBack, query(EXPOSED, "1.1.0"))).isEqualTo("1.0.1");
    // but not onto it from below, or from the store's build
    assertThat(refusal(rolledBack, query(EXPOSED, "0.9.0")))
        .isEqualTo(Refusal.VERSION_FAILED_ON_DEVICE);
    assertThat(refusal(rolledBack, query(EXPOSED, "builtin")))
        .isEqualTo(Refusal.VERSION_FAILED_ON_DEVICE);
  }

  @Test
  void offersAfterAWhileWhatDidNotArriveWhole() {
    var image = image(channel("1.0.1", null, Set.of(), Set.of()));
    fail(EXPOSED, BASELINE, Kind.FETCH, NOW.minus(Duration.ofMinutes(59)));
    assertThat(refusal(image, query(EXPOSED, "1.0.0"))).isEqualTo(Refusal.VERSION_FAILED_ON_DEVICE);
    fail(EXPOSED, BASELINE, Kind.FETCH, NOW.minus(Duration.ofMinutes(60)));
    assertThat(offered(image, query(EXPOSED, "1.0.0"))).isEqualTo("1.0.1");
  }

  @Test
  void targetingChoosesAmongTheExposed() {
    var rollout =
        targeted(
            new Condition.OsVersion("14", null),
            new Condition.PlatformIn(Set.of(Platform.ANDROID)));
    var image = image(channel("1.0.1", rollout, Set.of(), Set.of()));
    // its devices say 13
    assertThat(decide(image, query(EXPOSED, "1.0.1"))).isInstanceOf(UpToDate.class);
    var met =
        image(channel("1.0.1", targeted(new Condition.OsVersion("13", null)), Set.of(), Set.of()));
    assertThat(offered(met, query(EXPOSED, "1.0.1"))).isEqualTo("1.1.0");
    assertThat(decide(met, query(CONTROL, "1.0.1"))).isInstanceOf(UpToDate.class);
  }

  @Test
  void anOperatorsChannelWinsOverTheDevicesOwnAndOverTheDefault() {
    var image = twoChannels();
    var asking = query(CONTROL, "1.0.0");
    assertThat(offered(image, asking)).isEqualTo("1.0.1");

    // An older plugin's choice is kept here, a newer one's is not asked for
    devices.chosen(new DeviceChannel(AppId.of(APP), CONTROL, ChannelName.of("beta"), 1, NOW));
    assertThat(offered(image, asking)).isEqualTo("1.0.1");
    assertThat(offered(image, with(asking, "7.33.0", Samples.KEY_ID))).isEqualTo("1.1.0");

    devices.override(new DeviceOverride(AppId.of(APP), CONTROL, ChannelName.of("beta"), 1, NOW));
    assertThat(offered(image, asking)).isEqualTo("1.1.0");
    // a channel that is gone puts nobody anywhere
    devices.override(new DeviceOverride(AppId.of(APP), CONTROL, ChannelName.of("gone"), 2, NOW));
    assertThat(offered(image, asking)).isEqualTo("1.0.1");
  }

  @Test
  void anAppThatIsBeingDeletedIsUnknown() {
    var app = Samples.app(APP);
    var deleted =
        new AppState(
            app.appId(),
            2,
            app.name(),
            app.publisherId(),
            app.publisherLeaf(),
            app.keyIds(),
            app.retiredKeyIds(),
            app.policy(),
            null,
            null,
            app.createdAt(),
            NOW);
    var image =
        image(channel("1.0.1", null, Set.of(), Set.of()), deleted, Samples.bundle(APP, "1.0.1"));
    assertThat(refusal(image, query(CONTROL, "1.0.0"))).isEqualTo(Refusal.APP_NOT_FOUND);
  }

  /// Table 2.4 of the device protocol, and what it does not hold: what is served must be installed.
  @ParameterizedTest
  @CsvSource({
    // plugin, key, plain zip, V2 zip, V3 zip, plain files, V3 files
    "8.51.23, false, true,  false, false, true,  false",
    "8.51.23, true,  false, false, true,  false, true",
    "8.47.8,  true,  false, false, true,  false, true",
    "8.40.7,  true,  false, false, true,  false, true",
    "7.51.21, true,  false, false, true,  false, true",
    "7.51.21, false, true,  false, true,  true,  true",
    "7.36.1,  false, true,  false, true,  true,  true",
    "7.27.8,  false, true,  true,  false, true,  false",
    "7.9.0,   false, true,  true,  false, true,  false",
    "7.0.34,  false, true,  true,  false, false, false",
    "6.14.26, false, false, true,  false, false, false",
    "6.25.0,  false, true,  true,  false, true,  false",
    "5.9.0,   false, false, true,  false, false, false",
    "0.0.6,   false, true,  false, false, false, false",
  })
  void servesWhatThePluginWasSeenToInstall(
      String plugin,
      boolean key,
      boolean plain,
      boolean v2,
      boolean v3,
      boolean files,
      boolean v3Files) {
    var keyId = key ? Samples.KEY_ID : null;
    assertThat(serves(Scheme.PLAIN, false, plugin, keyId)).as("plain zip").isEqualTo(plain);
    assertThat(serves(Scheme.V2, false, plugin, keyId)).as("V2 zip").isEqualTo(v2);
    assertThat(serves(Scheme.V3, false, plugin, keyId)).as("V3 zip").isEqualTo(v3);
    assertThat(serves(Scheme.PLAIN, true, plugin, keyId)).as("plain files").isEqualTo(files);
    assertThat(serves(Scheme.V3, true, plugin, keyId)).as("V3 files").isEqualTo(v3Files);
  }

  private boolean serves(Scheme scheme, boolean files, String plugin, String keyId) {
    var list = new FileList(ByteBuffer.wrap(new byte[] {'[', ']'}), Map.of("a", 1L), false);
    var delta = new ImageDelta(DeliveryImage.EMPTY, OFFERS, (_, _) -> list);
    delta.replay(Samples.openApp(APP));
    delta.replay(channel("1.0.1", ChannelRules.DEFAULT));
    var capgo =
        new BundleState.Capgo(
            scheme,
            files ? null : Samples.digest("zip"),
            10,
            scheme == Scheme.PLAIN ? "" : "aXY=:a2V5",
            "00",
            scheme == Scheme.PLAIN ? null : Samples.KEY_ID,
            files ? Samples.digest("files") : null);
    delta.replay(Samples.bundle(APP, "1.0.1", capgo, BundleState.Compat.ANY, null));
    return decide(delta.apply(), with(query(CONTROL, "1.0.0"), plugin, keyId)) instanceof Offer;
  }

  @Test
  void neverServesWhatIsInTheClearWhereTheAppWantsItSealed() {
    var plain =
        new BundleState.Capgo(Scheme.PLAIN, Samples.digest("zip"), 10, "", "00", null, null);
    var bundle = Samples.bundle(APP, "1.0.1", plain, BundleState.Compat.ANY, null);
    var delta = new ImageDelta(DeliveryImage.EMPTY, OFFERS);
    delta.replay(Samples.app(APP));
    delta.replay(bundle);
    delta.replay(channel("1.0.1", null, Set.of(), Set.of()));
    assertThat(refusal(delta.apply(), with(query(CONTROL, "1.0.0"), "8.51.23", null)))
        .isEqualTo(Refusal.BUNDLE_FORMAT_UNSUPPORTED);
  }

  @Test
  void aVersionNamesTheNativeBuildAndThePlatformsThatItNeeds() {
    var bundle =
        Samples.bundle(
            APP,
            "1.0.2",
            Samples.capgo("x", Samples.KEY_ID),
            new BundleState.Compat(Set.of(Platform.ANDROID), "1.2.0"),
            null);
    var image = image(channel("1.0.2", null, Set.of(), Set.of()), Samples.app(APP), bundle);
    assertThat(refusal(image, query(CONTROL, "1.0.0")))
        .isEqualTo(Refusal.DISABLE_AUTO_UPDATE_TO_METADATA);
    var apple =
        Samples.bundle(
            APP,
            "1.0.2",
            Samples.capgo("x", Samples.KEY_ID),
            new BundleState.Compat(Set.of(Platform.IOS), null),
            null);
    var other = image(channel("1.0.2", null, Set.of(), Set.of()), Samples.app(APP), apple);
    assertThat(refusal(other, query(CONTROL, "1.0.0")))
        .isEqualTo(Refusal.DISABLED_PLATFORM_ANDROID);
  }

  @Test
  void anEncryptedListWithAnEmptyFileIsForNobody() {
    var list = new FileList(ByteBuffer.wrap(new byte[] {'[', ']'}), Map.of("a", 0L), true);
    var delta = new ImageDelta(DeliveryImage.EMPTY, OFFERS, (_, _) -> list);
    delta.replay(Samples.app(APP));
    delta.replay(channel("1.0.1", ChannelRules.DEFAULT));
    var capgo =
        new BundleState.Capgo(
            Scheme.V3, null, 0, "aXY=:a2V5", "", Samples.KEY_ID, Samples.digest("files"));
    delta.replay(Samples.bundle(APP, "1.0.1", capgo, BundleState.Compat.ANY, null));
    assertThat(refusal(delta.apply(), query(CONTROL, "1.0.0")))
        .isEqualTo(Refusal.BUNDLE_FORMAT_UNSUPPORTED);
  }

  @Test
  void aListThatIsNotReadYetIsNotReady() {
    var delta = new ImageDelta(DeliveryImage.EMPTY, OFFERS);
    delta.replay(Samples.app(APP));
    delta.replay(channel("1.0.1", ChannelRules.DEFAULT));
    var capgo =
        new BundleState.Capgo(
            Scheme.V3, null, 0, "aXY=:a2V5", "", Samples.KEY_ID, Samples.digest("files"));
    delta.replay(Samples.bundle(APP, "1.0.1", capgo, BundleState.Compat.ANY, null));
    assertThat(refusal(delta.apply(), query(CONTROL, "1.0.0"))).isEqualTo(Refusal.BUNDLE_NOT_READY);
  }

  private void fail(DeviceId device, Version version, Kind kind, Instant at) {
    devices.failedBefore(
        new DeviceFailures(
            AppId.of(APP), device, 1, List.of(new DeviceFailures.Failure(version, kind, 1, at))));
  }

  private static ChannelState retrying(Instant from) {
    var plain = channel("1.0.1", rolling(false), Set.of(), Set.of());
    return new ChannelState(
        plain.appId(),
        plain.channel(),
        plain.epoch(),
        plain.baseline(),
        null,
        plain.rollout(),
        plain.hold(),
        plain.quarantined(),
        plain.rules(),
        from,
        null,
        NOW);
  }

  private static ChannelState.ActiveRollout targeted(Condition... conditions) {
    var plain = rolling(false);
    return new ChannelState.ActiveRollout(
        plain.rolloutId(),
        plain.version(),
        plain.salt(),
        plain.exposure(),
        plain.control(),
        plain.stage(),
        false,
        plain.policy(),
        List.of(conditions),
        null,
        NOW);
  }

  private static DeliveryImage twoChannels() {
    var delta = new ImageDelta(DeliveryImage.EMPTY, OFFERS);
    delta.replay(Samples.app(APP));
    delta.replay(Samples.bundle(APP, "1.0.1"));
    delta.replay(Samples.bundle(APP, "1.1.0"));
    delta.replay(channel("1.0.1", ChannelRules.DEFAULT));
    delta.replay(
        Samples.channel(
            APP,
            "beta",
            5,
            "1.1.0",
            null,
            Set.of(),
            Set.of(),
            new ChannelRules(
                false,
                true,
                true,
                true,
                true,
                true,
                true,
                true,
                true,
                ChannelRules.Barrier.NONE,
                false)));
    return delta.apply();
  }

  private static DeliveryImage image(ChannelState channel, String version) {
    return image(channel, Samples.app(APP), Samples.bundle(APP, version));
  }

  private static DeviceId device(boolean exposed) {
    var cohort = Cohort.of(Samples.SALT);
    return Stream.generate(() -> Samples.device(RANDOM))
        .filter(device -> cohort.exposes(device, SOME) == exposed)
        .findFirst()
        .orElseThrow();
  }

  private static ChannelState.ActiveRollout rolling(boolean paused) {
    return rolling("1.1.0", paused);
  }

  private static ChannelState.ActiveRollout rolling(String version, boolean paused) {
    return Samples.rollout(version, SOME, paused);
  }

  private static ChannelState channel(
      String baseline,
      ChannelState.ActiveRollout rollout,
      Set<String> hold,
      Set<String> quarantined) {
    return Samples.channel(
        APP, "production", 5, baseline, rollout, hold, quarantined, ChannelRules.DEFAULT);
  }

  private static ChannelState channel(String baseline, ChannelRules rules) {
    return Samples.channel(APP, "production", 5, baseline, null, Set.of(), Set.of(), rules);
  }

  private static DeliveryImage image(ChannelState channel) {
    return image(channel, Samples.app(APP), Samples.bundle(APP, "1.0.1"));
  }

  private static DeliveryImage image(ChannelState channel, AppState app, BundleState last) {
    var delta = new ImageDelta(DeliveryImage.EMPTY, OFFERS);
    delta.replay(app);
    delta.replay(Samples.bundle(APP, "1.0.1"));
    delta.replay(Samples.bundle(APP, "1.1.0"));
    delta.replay(last);
    delta.replay(channel);
    return delta.apply();
  }

  private static UpdateQuery query(DeviceId device, String running) {
    return UpdateQuery.of(APP, device, Samples.facts("8.51.23", Samples.KEY_ID), running);
  }

  private static UpdateQuery with(UpdateQuery query, String plugin, String keyId) {
    return UpdateQuery.of(
        query.app(), query.device(), Samples.facts(plugin, keyId), query.versionName());
  }

  private UpdateDecision decide(DeliveryImage image, UpdateQuery query) {
    return UpdateRules.decide(image, devices, query, NOW.getEpochSecond());
  }

  private String offered(DeliveryImage image, UpdateQuery query) {
    var decision = decide(image, query);
    assertThat(decision).isInstanceOf(Offer.class);
    return ((Offer) decision).bundle().state().version().text();
  }

  private Refusal refusal(DeliveryImage image, UpdateQuery query) {
    var decision = decide(image, query);
    assertThat(decision).isInstanceOf(Refused.class);
    return ((Refused) decision).reason();
  }
}
