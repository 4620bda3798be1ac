package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Facts;
import dev.slipway.rollout.plan.Order.Proposal;
import dev.slipway.rollout.plan.Rollout;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;

/// A channel with its last rollouts, to look at.
@ApplicationScoped
public class Recent {

  private static final int ROLLOUTS = 5;

  private final ChannelBook book;
  private final Knowledge knowledge;
  private final People people;

  public Recent(ChannelBook book, Knowledge knowledge, People people) {
    this.book = book;
    this.knowledge = knowledge;
    this.people = people;
  }

  /// What was found.
  ///
  /// @param facts for the proposal
  /// @param rollouts that have started, the newest first
  public record Found(Channel channel, Facts facts, List<Rollout> rollouts) {
    public Found {
      rollouts = List.copyOf(rollouts);
    }
  }

  /// Within the caller's session.
  public Uni<Found> of(AppId app, ChannelName name, Proposal proposal) {
    return book.look(app, name, null)
        .chain(
            channel ->
                RolloutRow.lastStarted(channel.key(), ROLLOUTS)
                    .chain(
                        rows ->
                            people
                                .secondPerson(app)
                                .map(
                                    rule ->
                                        new Found(
                                            channel,
                                            knowledge.of(channel, Optional.of(proposal)).with(rule),
                                            rows.stream().map(RolloutRow::rollout).toList()))));
  }
}
