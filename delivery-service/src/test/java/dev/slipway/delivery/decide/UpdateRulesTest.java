package dev.slipway.delivery.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.decisions.Cohort;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.decide.UpdateDecision.AlreadyBuiltin;
import dev.slipway.delivery.decide.UpdateDecision.Offer;
import dev.slipway.delivery.decide.UpdateDecision.Refused;
import dev.slipway.delivery.decide.UpdateDecision.ToBuiltin;
import dev.slipway.delivery.decide.UpdateDecision.UpToDate;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.delivery.image.SemVer;
import java.net.URI;
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

  @Test
  void offersTheCandidateToTheExposedAndTheBaselineToTheOthers() {
    var image = image(channel("1.0.1", rolling(false), Set.of(), Set.of()));

    assertThat(offered(image, query(EXPOSED, "1.0.1"))).isEqualTo("1.1.0");
    assertThat(decide(image, query(CONTROL, "1.0.1"))).isInstanceOf(UpToDate.class);
    assertThat(offered(image, query(CONTROL, "1.0.0"))).isEqualTo("1.0.1");
    assertThat(decide(image, query(EXPOSED, "1.0.1")))
        .isInstanceOfSatisfying(
            Offer.class,
            offer ->
                assertThat(offer.stamp()).isEqualTo(new Stamp(Samples.ROLLOUT, Arm.EXPOSED, 0, 5)));
    assertThat(decide(image, query(CONTROL, "1.0.0")))
        .isInstanceOfSatisfying(Offer.class, offer -> assertThat(offer.stamp()).isNull());
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
    return new UpdateQuery(
        AppId.of(APP),
        device,
        Platform.ANDROID,
        SemVer.of(1, 0, 0),
        "1.0.0",
        running,
        new Plugin(SemVer.of(8, 51, 23)),
        false,
        true,
        null,
        Samples.KEY_ID);
  }

  private static UpdateQuery with(UpdateQuery query, String plugin, String keyId) {
    return new UpdateQuery(
        query.app(),
        query.device(),
        query.platform(),
        query.nativeVersion(),
        query.nativeText(),
        query.versionName(),
        new Plugin(SemVer.parse(plugin).orElseThrow()),
        query.emulator(),
        query.release(),
        query.channel(),
        keyId);
  }

  private static UpdateDecision decide(DeliveryImage image, UpdateQuery query) {
    return UpdateRules.decide(image, query);
  }

  private static String offered(DeliveryImage image, UpdateQuery query) {
    var decision = decide(image, query);
    assertThat(decision).isInstanceOf(Offer.class);
    return ((Offer) decision).bundle().state().version().text();
  }

  private static Refusal refusal(DeliveryImage image, UpdateQuery query) {
    var decision = decide(image, query);
    assertThat(decision).isInstanceOf(Refused.class);
    return ((Refused) decision).reason();
  }
}
