package dev.slipway.delivery.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.decisions.Cohort;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.decide.DeviceFacts;
import dev.slipway.delivery.decide.Plugin;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.delivery.image.SemVer;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.protocol.Report;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// How a report becomes an event.
class ReportTest {

  private static final Devices DEVICES = new Devices(3);
  private static final String APP = "com.demo.app";
  private static final Exposure SOME = Exposure.of("30 %");
  private static final byte[] NETWORK = Networks.prefix(InetAddress.ofLiteral("203.0.113.9"));

  private final Random random = new Random(11);
  private final DeliveryImage image = image();
  private final Stamper stamper = new Stamper(new Networks(Optional.of("salt")));

  @Test
  void stampsWhatNamesTheCandidateWithTheDevicesSide() {
    var cohort = Cohort.of(Samples.SALT);
    for (int i = 0; i < 100; i++) {
      var device = Samples.device(random);
      var arm = cohort.exposes(device, SOME) ? Arm.EXPOSED : Arm.CONTROL;
      assertThat(event(report(device, "set", "1.1.0", null, false, true)).stamp())
          .isEqualTo(new Stamp(Samples.ROLLOUT, arm, 0, 9, Version.of("1.1.0")));
    }
    var device = Samples.device(random);
    assertThat(event(report(device, "x_fail", "1.1.0:index.html", null, false, true)).stamp())
        .isNotNull();
  }

  @Test
  void stampsWhateverVersionItNames() {
    // Both arms' health is compared, and control runs the baseline.
    var device = Samples.device(random);
    for (var version : new String[] {null, "1.0.1", "1.1.0-rc", "builtin", "\ufffd:"}) {
      assertThat(event(report(device, "app_crash", version, null, false, true)).stamp())
          .isNotNull();
    }
  }

  @Test
  void stampsNobodyWhoCannotBePartOfTheRollout() {
    var device = Samples.device(random);
    // Another channel has another plan.
    var beta = event(report(device, "set", "1.1.0", "beta", false, true));
    assertThat(beta.stamp()).isNull();
    assertThat(beta.channel().text()).isEqualTo("beta");
    assertThat(event(report(device, "set", "1.1.0", "nonsense", false, true)).channel()).isNull();
    // A native build that the candidate's major version is barred from.
    var old =
        new Report(AppId.of(APP), device, facts(false, true, null, 0), "set", "1.1.0", null, null);
    assertThat(event(old).stamp()).isNull();
    assertThat(event(old).channel().text()).isEqualTo("production");
  }

  @Test
  void clampsADeviceTimeThatIsYetToCome() {
    var facts = facts(false, true, null, 1);
    var device = Samples.device(random);
    var future = Instant.parse("2030-01-01T00:00:00Z");
    var late = Samples.NOW.minus(Duration.ofDays(9));
    assertThat(
            event(new Report(AppId.of(APP), device, facts, "set", "1.1.0", null, future))
                .deviceTime())
        .isEqualTo(Samples.NOW);
    assertThat(
            event(new Report(AppId.of(APP), device, facts, "set", "1.1.0", null, late))
                .deviceTime())
        .isEqualTo(late);
  }

  @Test
  void emulatorsAndDebugBuildsDoNotCount() {
    var device = Samples.device(random);
    assertThat(event(report(device, "set", "1.1.0", null, false, true)).counts()).isTrue();
    assertThat(event(report(device, "set", "1.1.0", null, true, true)).counts()).isFalse();
    assertThat(event(report(device, "set", "1.1.0", null, false, false)).counts()).isFalse();
  }

  @Test
  void keepsWhatTheDeviceWrote() {
    var event =
        event(report(Samples.device(random), "download_1410", "a:b/c.js", null, false, true));
    assertThat(event.action()).isEqualTo("download_1410");
    assertThat(event.versionName()).isEqualTo("a:b/c.js");
  }

  @Test
  void anUnknownAppHasNoEvents() {
    var report = report(Samples.device(random), "set", "1.1.0", null, false, true);
    var arrival = new Arrival.Reported(report, NETWORK, Samples.NOW, null);
    assertThat(stamper.event(arrival, new Served(DeliveryImage.EMPTY, DEVICES, true))).isEmpty();
  }

  @Test
  void tellsNetworksApartAndNothingElse() {
    var app = Samples.app(APP);
    var networks = new Networks(Optional.of("salt"));
    var one = networks.hash(app, Networks.prefix(InetAddress.ofLiteral("203.0.113.9")));
    assertThat(networks.hash(app, Networks.prefix(InetAddress.ofLiteral("203.0.7.1"))))
        .isEqualTo(one);
    assertThat(networks.hash(app, Networks.prefix(InetAddress.ofLiteral("203.1.113.9"))))
        .isNotEqualTo(one);
    var six = networks.hash(app, Networks.prefix(InetAddress.ofLiteral("2001:db8:1::1")));
    assertThat(networks.hash(app, Networks.prefix(InetAddress.ofLiteral("2001:db8:2::1"))))
        .isEqualTo(six);
    assertThat(networks.hash(app, Networks.prefix(InetAddress.ofLiteral("2001:db9::1"))))
        .isNotEqualTo(six);
    // Another instance, another salt, another app.
    assertThat(new Networks(Optional.of("salt")).hash(app, NETWORK)).isEqualTo(one);
    assertThat(new Networks(Optional.of("other")).hash(app, NETWORK)).isNotEqualTo(one);
    assertThat(new Networks(Optional.empty()).hash(app, NETWORK))
        .isEqualTo(new Networks(Optional.empty()).hash(app, NETWORK))
        .isNotEqualTo(one);
    assertThat(networks.hash(Samples.app("com.other.app"), NETWORK)).isNotEqualTo(one);
  }

  @Test
  void aRingHoldsSoManyAndSoMuch() throws Exception {
    var ring = new ReportRing(3, 10_000);
    for (int i = 0; i < 3; i++) assertThat(ring.offer(arrival("1.1.0"))).isTrue();
    assertThat(ring.offer(arrival("1.1.0"))).isFalse();
    for (int i = 0; i < 3; i++) assertThat(ring.take(0)).isPresent();
    assertThat(ring.take(0)).isEmpty();
    // Few, but large.
    assertThat(ring.offer(arrival("x".repeat(4000)))).isTrue();
    assertThat(ring.offer(arrival("x".repeat(4000)))).isFalse();
    assertThat(ring.take(0)).isPresent();
    assertThat(ring.offer(arrival("x".repeat(4000)))).isTrue();
  }

  @Test
  void remembersAnOfferForTheHour() {
    var memory = new OfferMemory(1 << 16);
    var devices = random.longs(500).toArray();
    var rollout = Samples.ROLLOUT;
    long now = Samples.NOW.getEpochSecond();
    assertThat(first(memory, rollout, devices, now)).isEqualTo(500);
    // Two that share a place are told of again.
    assertThat(first(memory, rollout, devices, now + 59 * 60)).isLessThan(20);
    var other = RolloutId.of("11111111-3a51-4f0c-9c7a-1f3d3b1f2a10");
    assertThat(memory.isFirst(other, devices[0], now)).isTrue();
    assertThat(first(memory, rollout, devices, now + 3600)).isEqualTo(500);
  }

  private static long first(OfferMemory memory, RolloutId rollout, long[] devices, long now) {
    return LongStream.of(devices).filter(device -> memory.isFirst(rollout, device, now)).count();
  }

  private Arrival arrival(String version) {
    var report = report(Samples.device(random), "set", version, null, false, true);
    return new Arrival.Reported(report, NETWORK, Samples.NOW, null);
  }

  private DeviceEvent.Reported event(Report report) {
    var served = new Served(image, DEVICES, true);
    var arrival = new Arrival.Reported(report, NETWORK, Samples.NOW, served);
    return (DeviceEvent.Reported) stamper.event(arrival, served).orElseThrow();
  }

  private static Report report(
      DeviceId device,
      String action,
      @Nullable String version,
      @Nullable String channel,
      boolean emulator,
      boolean release) {
    return new Report(
        AppId.of(APP), device, facts(emulator, release, channel, 1), action, version, null, null);
  }

  private static DeviceFacts facts(
      boolean emulator, boolean release, @Nullable String channel, int major) {
    return new DeviceFacts(
        Platform.ANDROID,
        SemVer.of(major, 0, 0),
        major + ".0.0",
        new Plugin(SemVer.of(8, 51, 23)),
        "8.51.23",
        "13",
        null,
        emulator,
        release,
        channel,
        null);
  }

  private static DeliveryImage image() {
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.app(APP));
    delta.replay(Samples.bundle(APP, "1.1.0"));
    delta.replay(
        Samples.channel(
            APP,
            "production",
            9,
            "1.0.1",
            Samples.rollout("1.1.0", SOME, false),
            Set.of(),
            Set.of(),
            ChannelRules.DEFAULT));
    delta.replay(
        Samples.channel(
            APP,
            "beta",
            9,
            "1.0.1",
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
                ChannelRules.Barrier.MAJOR,
                true)));
    return delta.apply();
  }
}
