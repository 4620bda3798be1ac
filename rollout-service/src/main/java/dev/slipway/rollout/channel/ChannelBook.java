package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Order;
import dev.slipway.rollout.plan.Outcome;
import dev.slipway.rollout.plan.Outcome.Accepted;
import dev.slipway.rollout.plan.Plan;
import dev.slipway.rollout.plan.Rollout;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// Carries out orders: locks the channel, lets the rules decide, and writes the rows and what the
/// other services are told in one transaction.
@ApplicationScoped
public class ChannelBook {

  private final Outbox outbox;
  private final Consequences consequences;
  private final Clock clock;

  public ChannelBook(Outbox outbox, Consequences consequences, Clock clock) {
    this.outbox = outbox;
    this.consequences = consequences;
    this.clock = clock;
  }

  /// Where a record stood.
  public record Position(int partition, long offset) {}

  /// An order about the channel and whatever rollout is active on it.
  public Uni<Outcome> decide(AppId app, ChannelName channel, Order order) {
    return Panache.withTransaction(
        () ->
            ChannelRow.locked(ChannelState.key(app, channel))
                .map(row -> row.orElseThrow(Refusal::notFound))
                .chain(row -> active(row).chain(atHand -> carryOut(row, atHand, order, null))));
  }

  /// An order about this rollout, active or not.
  public Uni<Outcome> decide(AppId app, RolloutId rollout, Order order) {
    return Panache.withTransaction(
        () ->
            RolloutRow.channelKey(app, rollout)
                .map(key -> key.orElseThrow(Refusal::notFound))
                .chain(key -> decide(key, rollout, order, null)));
  }

  /// Telemetry's word. Of a rollout that is not known, there is nothing to decide.
  public Uni<Outcome> hear(Order.VerdictReceived order, Position position) {
    var verdict = order.verdict();
    var key = ChannelState.key(verdict.appId(), verdict.channel());
    return Panache.withTransaction(() -> decide(key, verdict.rolloutId(), order, position));
  }

  /// Time went by on this channel.
  public Uni<Outcome> tick(String channelKey) {
    return Panache.withTransaction(
        () ->
            ChannelRow.locked(channelKey)
                .map(row -> row.orElseThrow(Refusal::notFound))
                .chain(
                    row ->
                        active(row)
                            .chain(atHand -> carryOut(row, atHand, new Order.ClockTick(), null))));
  }

  /// The channels on which time has something to do.
  public Uni<List<String>> dueChannels(int atMost) {
    return Panache.withSession(() -> RolloutRow.dueChannels(clock.instant(), atMost));
  }

  /// Puts a new channel into the caller's transaction.
  public Uni<Void> open(Mutiny.Session session, Channel channel) {
    return session
        .persist(ChannelRow.of(channel))
        .chain(session::flush)
        .chain(() -> tell(session, channel, List.of()));
  }

  private Uni<Outcome> decide(
      String channelKey, RolloutId rollout, Order order, @Nullable Position position) {
    return ChannelRow.locked(channelKey)
        .chain(
            row ->
                // Read after the lock: what it says stays true until the transaction ends.
                RolloutRow.find(rollout)
                    .map(found -> found.filter(it -> it.channelKey.equals(channelKey)))
                    .chain(
                        found ->
                            row.isPresent() && found.isPresent()
                                ? carryOut(row.get(), found, order, position)
                                : Uni.createFrom().failure(Refusal.notFound())));
  }

  private static Uni<Optional<RolloutRow>> active(ChannelRow row) {
    return row.activeRollout == null
        ? Uni.createFrom().item(Optional.empty())
        : RolloutRow.find(RolloutId.of(row.activeRollout));
  }

  private Uni<Outcome> carryOut(
      ChannelRow row, Optional<RolloutRow> atHand, Order order, @Nullable Position position) {
    var before = row.with(atHand.map(RolloutRow::rollout).orElse(null));
    var outcome = Plan.decide(before, order, now());
    return switch (outcome) {
      case Outcome.Refused _ -> Uni.createFrom().item(outcome);
      case Accepted(_, var after) when after.equals(before) -> Uni.createFrom().item(outcome);
      case Accepted(var events, var after) ->
          Panache.getSession()
              .call(session -> write(session, row, atHand, before, after, events, position))
              .call(session -> consequences.of(session, order, before, after, events, now()))
              .replaceWith(outcome);
    };
  }

  private Uni<Void> write(
      Mutiny.Session session,
      ChannelRow row,
      Optional<RolloutRow> atHand,
      Channel before,
      Channel after,
      List<RolloutEvent> events,
      @Nullable Position position) {
    row.take(after);
    Uni<Void> stored = Uni.createFrom().voidItem();
    var rollout = after.rollout();
    if (rollout != null) {
      if (atHand.isPresent()) {
        note(atHand.get(), rollout, position);
      } else {
        stored = session.persist(RolloutRow.of(after, rollout)).chain(session::flush);
      }
    }
    return after.epoch() == before.epoch()
        ? stored
        : stored.chain(() -> tell(session, after, events));
  }

  private static void note(RolloutRow row, Rollout rollout, @Nullable Position position) {
    row.take(rollout);
    if (position != null) {
      row.verdictPartition = position.partition();
      row.verdictOffset = position.offset();
    }
  }

  /// The state first: devices wait for it.
  private Uni<Void> tell(Mutiny.Session session, Channel channel, List<RolloutEvent> events) {
    var now = now();
    var state = channel.state();
    Uni<Void> told =
        outbox.append(
            session,
            Message.of(Topics.CHANNEL_STATES, state.key(), state, now),
            Topics.CHANNEL_STATES);
    for (var event : events) {
      told =
          told.chain(() -> session.persist(EventRow.of(state.key(), event)))
              .chain(
                  () ->
                      outbox.append(
                          session,
                          Message.of(Topics.ROLLOUT_EVENTS, state.key(), event, now),
                          Topics.ROLLOUT_EVENTS));
    }
    return told;
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
