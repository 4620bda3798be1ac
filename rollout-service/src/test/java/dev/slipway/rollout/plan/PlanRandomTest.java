package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.ANNA;
import static dev.slipway.rollout.plan.Samples.BERT;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.heard;
import static dev.slipway.rollout.plan.Samples.published;
import static dev.slipway.rollout.plan.Samples.stages;
import static dev.slipway.rollout.plan.Samples.verdict;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppPolicy.SecondPerson;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.StageEntered;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.rollout.plan.Facts.Publication;
import dev.slipway.rollout.plan.Facts.Release;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What holds whatever is ordered, in whatever order, by whoever, at whatever time.
class PlanRandomTest {

  private static final int RUNS = 400;
  private static final int MOST_RUNS = 10 * RUNS;
  private static final int ORDERS = 80;
  private static final List<Class<?>> KINDS =
      Stream.<Class<?>>of(RolloutEvent.class.getPermittedSubclasses())
          .filter(it -> it != RolloutEvent.ChannelOpened.class)
          .filter(it -> it != RolloutEvent.ChannelDeleted.class)
          .toList();

  @Test
  void invariantsHold() throws IOException {
    long seed = Long.getLong("slipway.seed", new Random().nextLong());
    System.out.println("PlanRandomTest.invariantsHold seed " + seed);
    var random = new Random(seed);
    int accepted = 0;
    var states = new HashSet<RolloutState>();
    var kinds = new HashSet<Class<?>>();
    // Some things happen rarely: longer then, until everything was seen.
    for (int run = 0; run < RUNS || run < MOST_RUNS && !isAllSeen(states, kinds); run++) {
      accepted += oneRun(random, "seed " + seed, states, kinds);
    }
    assertThat(accepted).as("orders that had an effect").isGreaterThan(RUNS * 10);
    assertThat(states).as("all states were reached").contains(RolloutState.values());
    assertThat(kinds).as("all events happened").containsAll(KINDS);
  }

  private static boolean isAllSeen(Set<RolloutState> states, Set<Class<?>> kinds) {
    return states.size() == RolloutState.values().length && kinds.containsAll(KINDS);
  }

  private static int oneRun(
      RandomGenerator random, String seed, Set<RolloutState> states, Set<Class<?>> kinds)
      throws IOException {
    var rule = List.of(SecondPerson.values()).get(random.nextInt(3));
    var approved = new HashSet<RolloutId>();
    var channel = Samples.channel();
    var replayed = Channel.opened(Samples.opening());
    var now = T0;
    int effects = 0;
    long attempts = 0;
    for (int i = 0; i < ORDERS; i++) {
      var before = channel;
      // The clock of another machine may be a little behind; sometimes nothing happens for days.
      now =
          now.plusSeconds(
              random.nextInt(25) == 0 ? random.nextInt(200_000) : random.nextInt(-2, 1_200));
      attempts += random.nextInt(300);
      var facts = facts(random, before).with(rule);
      var order = order(random, before, now, i, attempts);
      var why = seed + " order " + i + " " + order;
      var outcome = Plan.decide(before, order, facts, now);
      assertThat(Plan.decide(stored(before), order, facts, now))
          .as("decided the same after a restart, %s", why)
          .isEqualTo(outcome);
      if (!(outcome instanceof Outcome.Accepted(var events, var after))) continue;
      if (events.isEmpty()) {
        assertThat(after.epoch()).as(why).isEqualTo(before.epoch());
        assertThat(after.state()).as(why).isEqualTo(before.state());
      } else {
        effects++;
        assertThat(after.epoch()).as(why).isGreaterThan(before.epoch());
        for (var event : events) {
          assertThat(event.subject().epoch()).as(why).isEqualTo(after.epoch());
          replayed = replayed.apply(written(event));
          kinds.add(event.getClass());
        }
        assertThat(
                events.stream()
                    .map(it -> it.getClass() + " " + it.subject().rolloutId())
                    .distinct())
            .as("a repeat can be told by epoch, type and rollout, %s", why)
            .hasSize(events.size());
      }
      assertThat(bare(replayed)).as("replayed from events, %s", why).isEqualTo(bare(after));
      assertNothingQuarantinedIsOffered(after, why);
      assertExposureRoseForAReason(before, after, order, events, now, why);
      if (rule == SecondPerson.ALWAYS) assertTwoPeopleAgreed(events, approved, why);
      after.rollouts().values().forEach(it -> states.add(it.state()));
      assertThat(after.rollouts().values().stream().filter(it -> it.state().isActive()).count())
          .as(why)
          .isEqualTo(after.active() == null ? 0 : 1);
      assertARepeatChangesNothing(after, order, facts, now, why);
      channel = after;
    }
    return effects;
  }

  /// Where an app asks for two people, nothing starts that was not approved before.
  private static void assertTwoPeopleAgreed(
      List<RolloutEvent> events, Set<RolloutId> approved, String why) {
    for (var event : events) {
      var id = event.subject().rolloutId();
      if (event instanceof RolloutEvent.RolloutApproved) approved.add(id);
      if (event instanceof RolloutEvent.RolloutReturned) approved.remove(id);
      if (event instanceof RolloutEvent.RolloutStarted) assertThat(approved).as(why).contains(id);
    }
  }

  /// The same order again, as after an answer that was lost.
  private static void assertARepeatChangesNothing(
      Channel after, Order order, Facts facts, Instant now, String why) {
    boolean steps =
        order instanceof Order.Advance
            || order instanceof Order.ClockTick
            || order instanceof Order.Draft
            || order instanceof Order.RetryFrom
            || order instanceof Order.ReportRefusal;
    if (steps) return;
    if (Plan.decide(after, order, facts, now) instanceof Outcome.Accepted(var events, _)) {
      assertThat(events).as("a repeat, %s", why).isEmpty();
    }
  }

  private static void assertNothingQuarantinedIsOffered(Channel channel, String why) {
    var state = channel.state();
    assertThat(state.quarantined()).as(why).doesNotContain(state.baseline());
    assertThat(state.hold()).as(why).noneMatch(state.quarantined()::contains);
    if (state.rollout() != null) {
      assertThat(state.quarantined()).as(why).doesNotContain(state.rollout().version());
    }
  }

  private static void assertExposureRoseForAReason(
      Channel before,
      Channel after,
      Order order,
      List<RolloutEvent> events,
      Instant now,
      String why) {
    for (var event : events) {
      if (!(event instanceof StageEntered entered)) continue;
      var id = entered.subject().rolloutId();
      var known = before.rollout(id);
      var exposedBefore = known.map(Rollout::exposure).orElse(Exposure.NONE);
      assertThat(entered.exposure()).as(why).isGreaterThanOrEqualTo(exposedBefore);
      switch (entered.opening()) {
        case START ->
            assertThat(
                    order instanceof Order.Start
                        || order instanceof Order.Launch
                        || order instanceof Order.Approve
                        || order instanceof Order.ClockTick)
                .as(why)
                .isTrue();
        case ORDER -> assertThat(order).as(why).isInstanceOf(Order.Advance.class);
        case TIME -> {
          assertThat(known.orElseThrow().currentStage().gate()).as(why).isEqualTo(Gate.TIME);
          assertThat(known.get().run().holdUntil()).as(why).isBeforeOrEqualTo(now);
        }
        case EVIDENCE -> {
          var verdict = after.rollout(id).orElseThrow().verdict();
          assertThat(verdict.health()).as(why).isEqualTo(Health.HEALTHY);
          assertThat(verdict.stage()).as(why).isEqualTo(known.orElseThrow().run().stage());
          assertThat(known.get().run().holdUntil()).as(why).isBeforeOrEqualTo(now);
          assertThat(entered.cause()).as(why).isEqualTo(new Cause.Evidence(verdict));
        }
        case USED_UP -> {
          assertThat(entered.exposure().ppm()).as(why).isLessThanOrEqualTo(2 * exposedBefore.ppm());
          assertThat(known.orElseThrow().run().holdUntil()).as(why).isBeforeOrEqualTo(now);
        }
        case SIZE_KNOWN -> assertThat(known.orElseThrow().run().maxDevices()).as(why).isNotNull();
      }
    }
    if (events.stream().anyMatch(StageEntered.class::isInstance)) return;
    boolean rises = offered(after) > offered(before);
    boolean mayRise =
        order instanceof Order.Resume
            || order instanceof Order.Complete
            || order instanceof Order.Advance
            || events.stream().anyMatch(RolloutEvent.RolloutCompleted.class::isInstance);
    assertThat(!rises || mayRise).as("more devices are offered a version: %s", why).isTrue();
  }

  /// Parts per million that are offered the version of the active rollout now.
  private static long offered(Channel channel) {
    var rollout = channel.state().rollout();
    return rollout == null || rollout.paused() ? 0 : rollout.exposure().ppm();
  }

  /// Without what events do not carry.
  private static Channel bare(Channel channel) {
    return channel.with(
        channel.rollouts().values().stream()
            .map(
                it ->
                    new Rollout(
                        it.id(),
                        it.version(),
                        it.baseline(),
                        it.stages(),
                        it.policy(),
                        it.targeting(),
                        null,
                        it.createdAt(),
                        it.supersedes(),
                        it.phase(),
                        it.epoch(),
                        it.cause(),
                        null,
                        null))
            .toList());
  }

  /// As it comes back from the database.
  private static Channel stored(Channel channel) throws IOException {
    return Json.LENIENT.readValue(Json.LENIENT.writeValueAsBytes(channel), Channel.class);
  }

  /// As it comes back from the topic.
  private static RolloutEvent written(RolloutEvent event) throws IOException {
    return Json.LENIENT.readValue(Json.LENIENT.writeValueAsBytes(event), RolloutEvent.class);
  }

  private static Facts facts(RandomGenerator random, Channel channel) {
    var releases = new HashMap<Version, Release>();
    for (int i = 0; i < 5; i++) {
      var release =
          random.nextInt(20) == 0
              ? new Release(random.nextBoolean() ? Publication.WITHDRAWN : Publication.UNKNOWN, 0)
              : published(i == 4 ? 1 : 0);
      releases.put(version(i), release);
    }
    var eligible = new HashMap<RolloutId, Long>();
    if (random.nextInt(3) == 0) {
      channel.rollouts().keySet().forEach(id -> eligible.put(id, random.nextLong(1, 20_000)));
    }
    return new Facts(releases, eligible, null);
  }

  private static Order order(
      RandomGenerator random, Channel channel, Instant now, int number, long attempts) {
    Long epoch =
        switch (random.nextInt(3)) {
          case 0 -> channel.epoch();
          case 1 -> channel.epoch() - 1;
          default -> null;
        };
    var by =
        new Cause.Person(
            random.nextBoolean() ? ANNA.accessKey() : BERT.accessKey(), "order " + number);
    int which = random.nextInt(40);
    if (channel.rollouts().isEmpty() || which < 3) {
      return new Order.Start(proposal(random), random.nextBoolean(), by, null);
    }
    if (which < 6) {
      return new Order.Draft(
          proposal(random),
          random.nextBoolean() ? now.plusSeconds(random.nextInt(-10, 3_000)) : null,
          by);
    }
    if (which == 6) {
      return new Order.Quarantine(version(random.nextInt(5)), random.nextBoolean(), by);
    }
    if (which == 7) {
      var rules = random.nextBoolean() ? ChannelRules.DEFAULT : SHUT;
      return new Order.ChangeRules(rules, by, epoch);
    }
    if (which == 8) return new Order.RetryFrom(now.minusSeconds(random.nextInt(-3, 9)), by, epoch);
    if (which == 9 && random.nextInt(5) == 0) {
      return new Order.ReportRefusal(version(1), List.of(ChannelName.of("beta")), by);
    }
    if (which < 17) return new Order.ClockTick();
    if (which < 30 && channel.active() != null) {
      return heard(random(random, channel.activeRollout().orElseThrow(), number, attempts));
    }
    var rollouts = List.copyOf(channel.rollouts().values());
    var rollout =
        channel.active() != null && random.nextBoolean()
            ? channel.activeRollout().orElseThrow()
            : rollouts.get(random.nextInt(rollouts.size()));
    var id = rollout.id();
    if (random.nextInt(6) == 0 && rollout.phase().started().isPresent()) {
      return heard(random(random, rollout, number, attempts));
    }
    return switch (random.nextInt(14)) {
      case 0 -> new Order.Submit(id, by, epoch);
      case 1, 2 -> new Order.Approve(id, random.nextBoolean(), by, epoch);
      case 3 -> new Order.Reject(id, by, epoch);
      case 4, 5 -> new Order.Schedule(id, now.plusSeconds(random.nextInt(-5, 2_000)), by, epoch);
      case 6 -> new Order.Launch(id, random.nextBoolean(), by, epoch);
      case 7 -> new Order.Pause(id, by, epoch);
      case 8 -> new Order.Resume(id, by, epoch);
      case 9, 10 -> new Order.Advance(id, by, epoch);
      case 11 -> new Order.Complete(id, by, epoch);
      case 12 -> new Order.Cancel(id, by, epoch);
      default -> new Order.RollBack(id, by, epoch);
    };
  }

  private static final ChannelRules SHUT =
      new ChannelRules(
          false, false, true, true, true, true, true, true, true, ChannelRules.Barrier.NONE, false);

  private static Order.Proposal proposal(RandomGenerator random) {
    var gate = List.of(Gate.EVIDENCE, Gate.EVIDENCE, Gate.MANUAL, Gate.TIME).get(random.nextInt(4));
    List<Stage> stages =
        switch (random.nextInt(4)) {
          case 0 -> stages(gate);
          case 1 -> stages(gate, "5 %", "100 %");
          case 2 -> Stages.DEFAULT;
          default -> stages(gate, "500 devices", "2000 devices", "40 %", "100 %");
        };
    var policy =
        Policy.CAUTIOUS.with(
            asked -> {
              asked.minSoak = Duration.ofMinutes(random.nextInt(300));
              asked.quarantine =
                  random.nextInt(4) == 0 ? Policy.Quarantine.AUTO : Policy.Quarantine.CONFIRM;
              asked.decideBy = random.nextBoolean() ? Duration.ofHours(1) : null;
            });
    return Samples.proposal(version(random.nextInt(5)), stages, policy);
  }

  private static Version version(int number) {
    return Version.of("1." + number);
  }

  private static Verdict random(
      RandomGenerator random, Rollout rollout, int revision, long attempts) {
    long failures = random.nextLong(1 + attempts / 50);
    return verdict(
        rollout,
        revision - random.nextInt(3),
        health(random),
        List.of(Action.values()).get(random.nextInt(3)),
        random.nextInt(3),
        new Verdict.Counts(
            attempts,
            failures,
            failures,
            random.nextBoolean() ? attempts - failures : 0,
            random.nextInt(30)));
  }

  private static Health health(RandomGenerator random) {
    return List.of(
            Health.HEALTHY,
            Health.HEALTHY,
            Health.HEALTHY,
            Health.HEALTHY,
            Health.INCONCLUSIVE,
            Health.INCONCLUSIVE,
            Health.INCONCLUSIVE,
            Health.DEGRADED,
            Health.FETCH_FAILING,
            Health.SILENT,
            Health.INCIDENT,
            Health.UNHEALTHY)
        .get(random.nextInt(12));
  }
}
