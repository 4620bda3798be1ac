package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.ANNA;
import static dev.slipway.rollout.plan.Samples.BERT;
import static dev.slipway.rollout.plan.Samples.FACTS;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.V1;
import static dev.slipway.rollout.plan.Samples.V2;
import static dev.slipway.rollout.plan.Samples.after;
import static dev.slipway.rollout.plan.Samples.channel;
import static dev.slipway.rollout.plan.Samples.proposal;
import static dev.slipway.rollout.plan.Samples.refused;
import static dev.slipway.rollout.plan.Samples.stages;
import static dev.slipway.rollout.plan.Samples.superseding;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage.Gate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Each personal order in each state: the state after it, `unchanged`, or the refusal's slug.
class OrderTableTest {

  private static final Instant LATER = T0.plusSeconds(900);
  private static final Instant TOMORROW = T0.plus(Duration.ofDays(1));

  private static final String TABLE =
      """
               DRAFT             AWAITING_APPROVAL SCHEDULED     RUNNING         PAUSED          COMPLETED     ROLLED_BACK   CANCELLED     SUPERSEDED
      submit   AWAITING_APPROVAL unchanged         not-a-draft   not-a-draft     not-a-draft     already-ended already-ended already-ended already-ended
      approve  not-submitted     SCHEDULED         unchanged     unchanged       unchanged       already-ended already-ended already-ended already-ended
      reject   unchanged         DRAFT             not-submitted not-submitted   not-submitted   already-ended already-ended already-ended already-ended
      schedule SCHEDULED         awaiting-approval SCHEDULED     not-a-draft     not-a-draft     already-ended already-ended already-ended already-ended
      launch   RUNNING           awaiting-approval RUNNING       unchanged       not-running     already-ended already-ended already-ended already-ended
      pause    not-running       not-running       not-running   PAUSED          unchanged       already-ended already-ended already-ended already-ended
      resume   not-running       not-running       not-running   unchanged       RUNNING         already-ended already-ended already-ended already-ended
      advance  not-running       not-running       not-running   RUNNING         not-running     already-ended already-ended already-ended already-ended
      complete not-running       not-running       not-running   COMPLETED       not-running     unchanged     already-ended already-ended already-ended
      cancel   CANCELLED         CANCELLED         CANCELLED     exposed-already exposed-already already-ended already-ended unchanged     already-ended
      rollback not-running       not-running       not-running   ROLLED_BACK     ROLLED_BACK     ROLLED_BACK   unchanged     already-ended already-ended
      """;

  static Stream<Arguments> rows() {
    var lines = TABLE.lines().toList();
    var states = lines.getFirst().strip().split(" +");
    var rows = new ArrayList<Arguments>();
    for (var line : lines.subList(1, lines.size())) {
      var cells = line.strip().split(" +");
      for (int i = 0; i < states.length; i++) {
        rows.add(Arguments.of(cells[0], RolloutState.valueOf(states[i]), cells[i + 1]));
      }
    }
    return rows.stream();
  }

  static Stream<Arguments> effectiveRows() {
    return rows().filter(it -> it.get()[2].equals(it.get()[2].toString().toUpperCase(Locale.ROOT)));
  }

  static Stream<Arguments> refusedRows() {
    return rows()
        .filter(it -> it.get()[2].equals(it.get()[2].toString().toLowerCase(Locale.ROOT)))
        .filter(it -> !it.get()[2].equals("unchanged"));
  }

  @Test
  void theTableIsWhole() {
    var verbs = Order.Personal.class.getPermittedSubclasses().length;
    assertThat(rows()).hasSize(verbs * RolloutState.values().length);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void eachOrderInEachState(String verb, RolloutState state, String expected) {
    // Given
    var given = in(state);

    // When
    var outcome = Plan.decide(given.channel(), order(verb, given.id(), null), FACTS, LATER);

    // Then
    switch (outcome) {
      case Outcome.Refused(var reason, var detail, var facts) -> {
        assertThat(reason.slug()).isEqualTo(expected);
        assertThat(detail).isNotBlank();
        assertThat(facts)
            .containsEntry("state", state)
            .containsEntry("epoch", given.channel().epoch());
      }
      case Outcome.Accepted(var events, var now) when events.isEmpty() -> {
        assertThat(expected).isEqualTo("unchanged");
        assertThat(now).isEqualTo(given.channel());
      }
      case Outcome.Accepted(var events, var now) -> {
        var rollout = now.rollout(given.id()).orElseThrow();
        assertThat(rollout.state()).hasToString(expected);
        assertThat(now.epoch()).isGreaterThan(given.channel().epoch());
        assertThat(rollout.epoch()).isEqualTo(now.epoch());
        assertThat(rollout.cause()).isEqualTo(BERT);
        assertThat(events).allSatisfy(event -> assertThat(event.cause()).isEqualTo(BERT));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("effectiveRows")
  void anOrderThatSawAnotherEpochIsRefused(String verb, RolloutState state, String ignored) {
    var given = in(state);
    long epoch = given.channel().epoch();

    var refused = refused(given.channel(), order(verb, given.id(), epoch - 1), LATER);

    assertThat(refused.reason()).isEqualTo(Reason.EPOCH_CHANGED);
    assertThat(refused.facts()).containsEntry("epoch", epoch);
    after(given.channel(), order(verb, given.id(), epoch), LATER);
  }

  /// Who did not see what speaks against their order is told that they did not.
  @ParameterizedTest
  @MethodSource("refusedRows")
  void whatIsRefusedToSomebodyWhoSawAnotherEpochIsRefusedForThat(
      String verb, RolloutState state, String slug) {
    var given = in(state);
    long epoch = given.channel().epoch();

    var told = refused(given.channel(), order(verb, given.id(), epoch), LATER);
    var stale = refused(given.channel(), order(verb, given.id(), epoch - 1), LATER);

    assertThat(told.reason().slug()).isEqualTo(slug);
    assertThat(stale.reason()).isEqualTo(Reason.EPOCH_CHANGED);
    assertThat(stale.detail()).contains(told.detail());
    assertThat(stale.facts()).isEqualTo(told.facts());
  }

  private record Given(Channel channel, RolloutId id) {}

  private static Order order(String verb, RolloutId id, @Nullable Long epoch) {
    return switch (verb) {
      case "submit" -> new Order.Submit(id, BERT, epoch);
      case "approve" -> new Order.Approve(id, false, BERT, epoch);
      case "reject" -> new Order.Reject(id, BERT, epoch);
      case "schedule" -> new Order.Schedule(id, TOMORROW.plusSeconds(1), BERT, epoch);
      case "launch" -> new Order.Launch(id, false, BERT, epoch);
      case "pause" -> new Order.Pause(id, BERT, epoch);
      case "resume" -> new Order.Resume(id, BERT, epoch);
      case "advance" -> new Order.Advance(id, BERT, epoch);
      case "complete" -> new Order.Complete(id, BERT, epoch);
      case "cancel" -> new Order.Cancel(id, BERT, epoch);
      case "rollback" -> new Order.RollBack(id, BERT, epoch);
      default -> throw new IllegalArgumentException(verb);
    };
  }

  private static Given in(RolloutState state) {
    var proposal = proposal(V1, stages(Gate.EVIDENCE));
    var id = proposal.id();
    var draft = after(channel(), new Order.Draft(proposal, TOMORROW, ANNA), T0);
    var running = after(channel(), new Order.Start(proposal, false, ANNA, null), T0);
    var channel =
        switch (state) {
          case DRAFT -> draft;
          case AWAITING_APPROVAL -> after(draft, new Order.Submit(id, ANNA, null), T0);
          case SCHEDULED -> after(draft, new Order.Schedule(id, TOMORROW, ANNA, null), T0);
          case RUNNING -> running;
          case PAUSED -> after(running, new Order.Pause(id, ANNA, null), T0);
          case COMPLETED -> after(running, new Order.Complete(id, ANNA, null), T0);
          case ROLLED_BACK -> after(running, new Order.RollBack(id, ANNA, null), T0);
          case CANCELLED -> after(draft, new Order.Cancel(id, ANNA, null), T0);
          case SUPERSEDED -> after(running, superseding(V2, stages(Gate.TIME)), T0);
        };
    return new Given(channel, id);
  }
}
