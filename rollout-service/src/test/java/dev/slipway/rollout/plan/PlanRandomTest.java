package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.ANNA;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.heard;
import static dev.slipway.rollout.plan.Samples.stages;
import static dev.slipway.rollout.plan.Samples.start;
import static dev.slipway.rollout.plan.Samples.verdict;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What holds whatever is ordered, in whatever order.
class PlanRandomTest {

  private static final int RUNS = 300;
  private static final int ORDERS = 60;

  /// What somebody knows of a channel who only reads its events.
  private record Told(
      Version baseline, @Nullable RolloutId active, Exposure exposure, boolean paused) {
    Told after(RolloutEvent event) {
      return switch (event) {
        case RolloutEvent.RolloutStarted it ->
            new Told(baseline, it.subject().rolloutId(), Exposure.NONE, false);
        case RolloutEvent.StageEntered it -> new Told(baseline, active, it.exposure(), paused);
        case RolloutEvent.RolloutPaused _ -> new Told(baseline, active, exposure, true);
        case RolloutEvent.RolloutResumed _ -> new Told(baseline, active, exposure, false);
        case RolloutEvent.RolloutCompleted it ->
            new Told(it.subject().version(), null, Exposure.NONE, false);
        case RolloutEvent.RolledBack it -> new Told(it.baseline(), null, Exposure.NONE, false);
      };
    }

    static Told of(Channel channel) {
      var rollout = channel.state().rollout();
      return rollout == null
          ? new Told(channel.baseline(), null, Exposure.NONE, false)
          : new Told(channel.baseline(), rollout.rolloutId(), rollout.exposure(), rollout.paused());
    }
  }

  @Test
  void invariantsHold() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("PlanRandomTest.invariantsHold seed " + seed);
    var random = new Random(seed);
    int accepted = 0;
    for (int run = 0; run < RUNS; run++) accepted += oneRun(random, "seed " + seed);
    assertThat(accepted).as("orders that had an effect").isGreaterThan(RUNS * 3);
  }

  private static int oneRun(RandomGenerator random, String seed) throws IOException {
    var channel = Samples.channel();
    var replayed = Told.of(channel);
    var now = T0;
    var orders = new ArrayList<Order>();
    int effects = 0;
    for (int i = 0; i < ORDERS; i++) {
      var before = channel;
      // The clock of another machine may be a little behind.
      now = now.plusSeconds(random.nextInt(-2, 1200));
      var order = order(random, before, i);
      orders.add(order);
      var outcome = Plan.decide(before, order, now);
      assertThat(Plan.decide(stored(before), order, now))
          .as("decided the same after a restart, %s", seed)
          .isEqualTo(outcome);
      if (!(outcome instanceof Outcome.Accepted(var events, var after))) continue;
      var why = seed + " after " + orders.size() + " orders, " + order.getClass().getSimpleName();
      if (events.isEmpty()) {
        assertThat(after.epoch()).as(why).isEqualTo(before.epoch());
        assertThat(after.state()).as(why).isEqualTo(before.state());
      } else {
        effects++;
        assertThat(after.epoch()).as(why).isGreaterThan(before.epoch());
        for (var event : events) {
          assertThat(event.subject().epoch()).as(why).isEqualTo(after.epoch());
          replayed = replayed.after(event);
        }
        assertThat(events.stream().map(RolloutEvent::getClass).distinct().count())
            .as("a repeat can be told by epoch and type, %s", why)
            .isEqualTo(events.size());
      }
      assertThat(replayed).as("replayed from events, %s", why).isEqualTo(Told.of(after));
      assertExposureRoseForAReason(before, after, order, now, why);
      assertThat(Plan.decide(after, order, now))
          .as("a repeat of %s does not fail otherwise than by what was found", why)
          .isNotNull();
      channel = after;
    }
    return effects;
  }

  private static void assertExposureRoseForAReason(
      Channel before, Channel after, Order order, Instant now, String why) {
    if (offered(after) <= offered(before)) return;
    switch (order) {
      case Order.Start _, Order.Advance _, Order.Resume _ -> {}
      case Order.ClockTick _ ->
          assertThat(before.rollout().opensNextAt())
              .as(why)
              .hasValueSatisfying(at -> assertThat(at).isBeforeOrEqualTo(now));
      case Order.VerdictReceived(var verdict) -> {
        assertThat(verdict.health()).as(why).isEqualTo(Health.HEALTHY);
        assertThat(verdict.stage()).as(why).isEqualTo(before.rollout().progress().stage());
        assertThat(before.rollout().progress().holdUntil()).as(why).isBeforeOrEqualTo(now);
      }
      case Order.Pause _, Order.RollBack _, Order.ChangeRules _ ->
          throw new AssertionError("more devices are offered a version after " + why);
    }
  }

  /// Parts per million that are offered the version of a rollout now, everybody for a baseline that
  /// a completion made.
  private static long offered(Channel channel) {
    var rollout = channel.state().rollout();
    if (rollout != null) return rollout.paused() ? 0 : rollout.exposure().ppm();
    return channel.rollout() != null && channel.rollout().state() == RolloutState.COMPLETED
        ? Exposure.ALL.ppm()
        : 0;
  }

  /// As it comes back from the database.
  private static Channel stored(Channel channel) throws IOException {
    return Json.LENIENT.readValue(Json.LENIENT.writeValueAsBytes(channel), Channel.class);
  }

  private static Order order(RandomGenerator random, Channel channel, int revision) {
    Long epoch =
        switch (random.nextInt(3)) {
          case 0 -> channel.epoch();
          case 1 -> channel.epoch() - 1;
          default -> null;
        };
    var by = new Cause.Person(ANNA.accessKey(), "order " + revision);
    int which = random.nextInt(12);
    if (channel.rollout() == null || which == 0) {
      var gate = List.of(Gate.values()).get(random.nextInt(3));
      return start(
          Version.of("1." + random.nextInt(5)),
          random.nextBoolean() ? stages(gate) : stages(gate, "5 %", "100 %"));
    }
    return switch (which) {
      case 1 -> new Order.Pause(by, epoch);
      case 2 -> new Order.Resume(by, epoch);
      case 3 -> new Order.Advance(by, epoch);
      case 4 -> random.nextInt(4) == 0 ? new Order.RollBack(by, epoch) : new Order.ClockTick();
      case 5, 6, 7 -> new Order.ClockTick();
      default ->
          heard(
              verdict(
                  channel,
                  revision - random.nextInt(3),
                  health(random),
                  List.of(Action.values()).get(random.nextInt(3)),
                  random.nextInt(3)));
    };
  }

  private static Health health(RandomGenerator random) {
    return List.of(
            Health.HEALTHY,
            Health.HEALTHY,
            Health.HEALTHY,
            Health.HEALTHY,
            Health.INCONCLUSIVE,
            Health.DEGRADED,
            Health.UNHEALTHY)
        .get(random.nextInt(7));
  }
}
