package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.ANNA;
import static dev.slipway.rollout.plan.Samples.BERT;
import static dev.slipway.rollout.plan.Samples.FACTS;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.V1;
import static dev.slipway.rollout.plan.Samples.accepted;
import static dev.slipway.rollout.plan.Samples.after;
import static dev.slipway.rollout.plan.Samples.channel;
import static dev.slipway.rollout.plan.Samples.proposal;
import static dev.slipway.rollout.plan.Samples.refused;
import static dev.slipway.rollout.plan.Samples.stages;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.app.AppPolicy.SecondPerson;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage.Gate;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Rollouts that take two people.
class SecondPersonTest {

  private static final Policy SHIPPED = Policy.CAUTIOUS;
  private static final Policy LOOSE =
      SHIPPED.with(asked -> asked.minNetworks = SHIPPED.minNetworks() - 1);

  @ParameterizedTest
  @CsvSource({
    "NEVER, false, false",
    "NEVER, true, false",
    "LOOSENED, false, false",
    "LOOSENED, true, true",
    "ALWAYS, false, true",
    "ALWAYS, true, true"
  })
  void theRuleOfTheAppDecides(SecondPerson rule, boolean loose, boolean two) {
    // Given
    var facts = FACTS.with(rule);
    var proposal = proposal(V1, stages(Gate.MANUAL), loose ? LOOSE : SHIPPED);
    var id = proposal.id();
    var draft = after(channel(), new Order.Draft(proposal, null, ANNA), T0);
    var start = new Order.Start(proposal, false, ANNA, null);
    var launch = new Order.Launch(id, false, ANNA, null);
    var schedule = new Order.Schedule(id, T0.plus(Duration.ofHours(1)), ANNA, null);

    // When, Then
    if (!two) {
      accepted(channel(), start, facts, T0);
      accepted(draft, launch, facts, T0);
      accepted(draft, schedule, facts, T0);
      return;
    }
    for (var refusal :
        new Outcome.Refused[] {
          refused(channel(), start, facts, T0),
          refused(draft, launch, facts, T0),
          refused(draft, schedule, facts, T0)
        }) {
      assertThat(refusal.reason()).isEqualTo(Reason.APPROVAL_REQUIRED);
      assertThat(refusal.detail()).contains("somebody else approve it");
    }
  }

  @Test
  void whatTwoPeopleAgreedOnStarts() {
    var facts = FACTS.with(SecondPerson.ALWAYS);
    var submitted = submitted();

    var started =
        accepted(submitted, new Order.Approve(id(submitted), false, BERT, null), facts, T0);

    assertThat(started.channel().activeRollout().orElseThrow().state())
        .isEqualTo(RolloutState.RUNNING);
  }

  /// What is scheduled was approved: its time is one person's to change.
  @Test
  void whatWasApprovedForLaterIsLaunchedByOnePerson() {
    var facts = FACTS.with(SecondPerson.ALWAYS);
    var proposal = proposal(V1, stages(Gate.MANUAL));
    var tomorrow = T0.plus(Duration.ofDays(1));
    var draft = after(channel(), new Order.Draft(proposal, tomorrow, ANNA), T0);
    var submitted = after(draft, new Order.Submit(proposal.id(), ANNA, null), T0);
    var scheduled =
        accepted(submitted, new Order.Approve(proposal.id(), false, BERT, null), facts, T0);

    var launched =
        accepted(
            scheduled.channel(), new Order.Launch(proposal.id(), false, ANNA, null), facts, T0);

    assertThat(launched.channel().active()).isEqualTo(proposal.id());
  }

  /// Who rotated their key meanwhile is still who they were.
  @Test
  void theSuccessorOfAKeyIsNoSecondPerson() {
    var submitted = submitted();
    var facts = FACTS.with(Map.of(ANNA.accessKey(), "anna", BERT.accessKey(), "anna"));

    var refused =
        refused(submitted, new Order.Approve(id(submitted), false, BERT, null), facts, T0);

    assertThat(refused.reason()).isEqualTo(Reason.SAME_PERSON);
  }

  private static Channel submitted() {
    var proposal = proposal(V1, stages(Gate.MANUAL));
    var draft = after(channel(), new Order.Draft(proposal, null, ANNA), T0);
    return after(draft, new Order.Submit(proposal.id(), ANNA, null), T0);
  }

  private static RolloutId id(Channel channel) {
    return Samples.rollout(channel).id();
  }
}
