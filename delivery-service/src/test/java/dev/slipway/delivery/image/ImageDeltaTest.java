package dev.slipway.delivery.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.topic.State;
import dev.slipway.delivery.Samples;
import dev.slipway.kit.topic.StateView.Change;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class ImageDeltaTest {

  private static final OfferWriter OFFERS = new OfferWriter(URI.create("https://ota.example.com"));

  @RepeatedTest(50)
  void anyCutOrderAndRepetitionEndsInTheSameImage() {
    // Given
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    var records = records(random);
    var expected = replay(records, random, false);

    // When
    var again = new ArrayList<>(records);
    for (int i = 0; i < 20; i++) again.add(records.get(random.nextInt(records.size())));
    Collections.shuffle(again, random);

    // Then
    assertThat(replay(again, random, true)).isEqualTo(expected);
    assertThat(expected.apps()).isNotEmpty();
  }

  @Test
  void sharesWhatDidNotChange() {
    var first = new ImageDelta(DeliveryImage.EMPTY, OFFERS);
    first.replay(Samples.app("com.demo.a"));
    first.replay(Samples.app("com.demo.b"));
    var before = first.apply();
    var second = new ImageDelta(before, OFFERS);
    second.replay(Samples.bundle("com.demo.b", "1.0.0"));
    var after = second.apply();

    var a = "com.demo.a";
    assertThat(after.apps().get(a)).isSameAs(before.apps().get(a));
    assertThat(before.apps().get("com.demo.b").bundles()).isEmpty();
  }

  @Test
  void takesAwayWhatIsRemoved() {
    var delta = new ImageDelta(DeliveryImage.EMPTY, OFFERS);
    delta.replay(Samples.app("com.demo.a"));
    delta.replay(Samples.bundle("com.demo.a", "1.0.0"));
    delta.replay(Samples.channel("com.demo.a", "production", 1, "1.0.0"));
    var next = new ImageDelta(delta.apply(), OFFERS);
    var app = AppId.of("com.demo.a");
    next.removeBundle(app, Version.of("1.0.0"));
    assertThat(next.apply().apps().get(app.text()).channel("production").baseline())
        .isEqualTo(new Target.Unknown(Version.of("1.0.0")));
    next.removeChannel(app, ChannelName.of("production"));
    next.removeApp(app);
    assertThat(next.apply().apps()).isEmpty();
  }

  @Test
  void aStateThatCannotBeServedLeavesTheLastGoodOneInItsPlaceUntilABetterComes() {
    // Given
    var live = new LiveImage(OFFERS, Clock.systemUTC(), 1 << 20);
    live.apps(List.of(new Change<>("com.demo.a", Samples.app("com.demo.a"))));
    var good = Samples.channel("com.demo.a", "production", 1, "1.0.0");
    var other = Samples.channel("com.demo.a", "beta", 1, "1.0.0");
    live.channels(List.of(new Change<>(good.key(), good)));
    var bad = withSalt(2, "dG9vIHNob3J0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ImageDelta(live.current(), OFFERS).replay(bad));

    // When
    live.channels(List.of(new Change<>(bad.key(), bad), new Change<>(other.key(), other)));

    // Then
    var app = live.current().app(AppId.of("com.demo.a")).orElseThrow();
    assertThat(app.channel("production").state()).isEqualTo(good);
    assertThat(app.channel("beta")).isNotNull();
    assertThat(live.isRefusing()).isTrue();
    live.channels(List.of(new Change<>(bad.key(), withSalt(3, Samples.SALT))));
    assertThat(live.isRefusing()).isFalse();
  }

  private static ChannelState withSalt(long epoch, String salt) {
    var rollout = Samples.rollout("1.1.0", Exposure.ALL, false);
    return Samples.channel(
        "com.demo.a",
        "production",
        epoch,
        "1.0.0",
        new ChannelState.ActiveRollout(
            rollout.rolloutId(),
            rollout.version(),
            salt,
            rollout.exposure(),
            rollout.control(),
            0,
            false,
            rollout.policy(),
            rollout.startedAt()),
        Set.of(),
        Set.of(),
        ChannelRules.DEFAULT);
  }

  private static DeliveryImage replay(List<State> records, Random random, boolean cut) {
    var image = DeliveryImage.EMPTY;
    var delta = new ImageDelta(image, OFFERS);
    for (var record : records) {
      switch (record) {
        case AppState app -> delta.replay(app);
        case BundleState bundle -> delta.replay(bundle);
        case ChannelState channel -> delta.replay(channel);
        default -> throw new IllegalArgumentException(record.toString());
      }
      if (cut && random.nextInt(4) == 0) {
        image = delta.apply();
        delta = new ImageDelta(image, OFFERS);
      }
    }
    return delta.apply();
  }

  /// What one revision says never changes.
  private static List<State> records(Random random) {
    var records = new ArrayList<State>();
    for (var app : List.of("com.demo.a", "com.demo.b")) {
      if (random.nextBoolean()) records.add(Samples.app(app));
      for (var version : List.of("1.0.0", "1.1.0", "1.2.0")) {
        for (int revision = 1; revision <= 1 + random.nextInt(3); revision++) {
          var status =
              random.nextInt(3) == 0 ? BundleState.Status.WITHDRAWN : BundleState.Status.PUBLISHED;
          var capgo = random.nextInt(4) == 0 ? null : Samples.capgo(app + version, Samples.KEY_ID);
          records.add(Samples.bundle(app, version, revision, status, capgo));
        }
      }
      for (var channel : List.of("production", "beta")) {
        for (int epoch = 1; epoch <= 1 + random.nextInt(4); epoch++) {
          var rollout =
              random.nextBoolean()
                  ? Samples.rollout("1." + random.nextInt(4) + ".0", Exposure.of("30 %"), false)
                  : null;
          records.add(
              Samples.channel(
                  app, channel, epoch, "1.0.0", rollout, Set.of(), Set.of(), ChannelRules.DEFAULT));
        }
      }
    }
    return records;
  }
}
