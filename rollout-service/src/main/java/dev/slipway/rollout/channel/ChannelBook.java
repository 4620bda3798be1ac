package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.VersionQuarantined;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.rollout.heard.HeardOffsets;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Order;
import dev.slipway.rollout.plan.Outcome;
import dev.slipway.rollout.plan.Outcome.Accepted;
import dev.slipway.rollout.plan.Plan;
import dev.slipway.rollout.plan.Rollout;
import dev.slipway.rollout.statement.Statements;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// Carries out orders: locks the channel, lets the rules decide, and writes the rows and what the
/// other services are told in one transaction. Who wants several channels of an app locks them all
/// first, in the order of their names.
@ApplicationScoped
public class ChannelBook {

  private final Outbox outbox;
  private final Consequences consequences;
  private final Statements statements;
  private final Knowledge knowledge;
  private final People people;
  private final HeardOffsets heard;
  private final Clock clock;

  public ChannelBook(
      Outbox outbox,
      Consequences consequences,
      Statements statements,
      Knowledge knowledge,
      People people,
      HeardOffsets heard,
      Clock clock) {
    this.outbox = outbox;
    this.consequences = consequences;
    this.statements = statements;
    this.knowledge = knowledge;
    this.people = people;
    this.heard = heard;
    this.clock = clock;
  }

  /// A channel that is locked, with the rollouts at hand.
  private record Locked(ChannelRow row, Map<RolloutId, RolloutRow> rollouts) {

    Channel channel() {
      return row.with(rollouts.values().stream().map(RolloutRow::rollout).toList());
    }
  }

  /// An order about the channel and whatever rollout is active on it.
  public Uni<Outcome> decide(AppId app, ChannelName channel, Order order) {
    return Panache.withTransaction(
        () ->
            locked(ChannelState.key(app, channel))
                .chain(row -> atHand(row, List.of()))
                .chain(locked -> carryOut(locked, order)));
  }

  /// Changes which devices a channel serves, or serves them again on one that was deleted.
  public Uni<Outcome> change(
      AppId app, ChannelName channel, ChannelRules rules, Cause.Person by, @Nullable Long epoch) {
    return Panache.withTransaction(
        () ->
            ChannelRow.locked(ChannelState.key(app, channel))
                .map(row -> row.orElseThrow(Refusal::notFound))
                .chain(row -> atHand(row, List.of()))
                .chain(
                    locked ->
                        carryOut(
                            locked,
                            locked.row().isDeleted()
                                ? new Order.Reopen(rules, by)
                                : new Order.ChangeRules(rules, by, epoch))));
  }

  /// A person's order about one rollout, active or not.
  public Uni<Outcome> decide(AppId app, Order.Personal order) {
    return Panache.withTransaction(
        () ->
            RolloutRow.channelKey(app, order.rollout())
                .map(key -> key.orElseThrow(Refusal::notFound))
                .chain(key -> locked(key))
                .chain(row -> atHand(row, List.of(order.rollout())))
                .chain(locked -> carryOut(locked, order)));
  }

  /// Telemetry's word. Of a rollout that is not known, there is nothing to decide.
  public Uni<Outcome> hear(Order.VerdictReceived order, HeardOffsets.Position position) {
    var verdict = order.verdict();
    var key = ChannelState.key(verdict.appId(), verdict.channel());
    // What takes a version back may end in its quarantine, which is about all channels.
    boolean all = verdict.action() == Verdict.Action.ROLL_BACK;
    return Panache.withTransaction(
        () ->
            (all
                    ? ChannelRow.allLocked(verdict.appId())
                    : Uni.createFrom().item(List.<ChannelRow>of()))
                .chain(
                    others ->
                        locked(key)
                            .chain(row -> atHand(row, List.of(verdict.rolloutId())))
                            .invoke(locked -> requireKnown(locked, verdict.rolloutId()))
                            .chain(
                                locked ->
                                    carryOut(locked, order)
                                        .call(
                                            outcome ->
                                                quarantineElsewhere(locked, others, outcome))))
                .call(_ -> heard.moveTo(position)));
  }

  private static void requireKnown(Locked locked, RolloutId rollout) {
    if (!locked.rollouts().containsKey(rollout)) throw Refusal.notFound();
  }

  /// A version that the reports quarantined on one channel is offered on no other either; where it
  /// is the baseline, a person decides.
  private Uni<Void> quarantineElsewhere(Locked locked, List<ChannelRow> channels, Outcome outcome) {
    var quarantined = quarantined(outcome);
    if (quarantined.isEmpty()) return Uni.createFrom().voidItem();
    var event = quarantined.get();
    var version = event.subject().version();
    if (version == null) return Uni.createFrom().voidItem();
    var refusing = new ArrayList<ChannelName>();
    return Multi.createFrom()
        .iterable(channels)
        .filter(row -> !row.key.equals(locked.row().key))
        .onItem()
        .transformToUniAndConcatenate(
            row ->
                atHand(row, List.of())
                    .chain(it -> carryOut(it, new Order.Quarantine(version, false, event.cause())))
                    .invoke(
                        answer -> {
                          if (answer instanceof Outcome.Refused) {
                            refusing.add(ChannelName.of(row.name));
                          }
                        }))
        .collect()
        .last()
        .chain(
            () ->
                refusing.isEmpty()
                    ? Uni.createFrom().voidItem()
                    : carryOut(locked, new Order.ReportRefusal(version, refusing, event.cause()))
                        .replaceWithVoid());
  }

  private static Optional<VersionQuarantined> quarantined(Outcome outcome) {
    return outcome instanceof Accepted(var events, _)
        ? events.stream()
            .filter(VersionQuarantined.class::isInstance)
            .map(VersionQuarantined.class::cast)
            .findFirst()
        : Optional.empty();
  }

  /// Time went by on this channel.
  public Uni<Outcome> tick(String channelKey) {
    return Panache.withTransaction(
        () ->
            locked(channelKey)
                .chain(
                    row ->
                        RolloutRow.toStart(channelKey, clock.instant())
                            .map(rows -> rows.stream().map(it -> RolloutId.of(it.id)).toList())
                            .chain(toStart -> atHand(row, toStart)))
                .chain(
                    locked ->
                        carryOut(locked, new Order.ClockTick())
                            .invoke(outcome -> lookedAt(locked, outcome))));
  }

  /// Never offers the version again on any channel of the app: on all of them, or on none.
  ///
  /// @param force even where it is a baseline
  public Uni<List<RolloutEvent>> quarantine(
      AppId app, Version version, boolean force, Cause cause) {
    return Panache.withTransaction(
        () ->
            allLocked(app)
                .chain(
                    channels -> {
                      var where =
                          channels.stream()
                              .filter(it -> it.row().baseline.equals(version.text()))
                              .map(it -> it.row().name)
                              .toList();
                      if (!force && !where.isEmpty()) {
                        throw Refusal.of(
                            409,
                            "version-is-baseline",
                            "Version "
                                + version
                                + " is the baseline of "
                                + String.join(", ", where)
                                + ". Force it, and these channels fall back to what they served"
                                + " before.",
                            Map.of("channels", where));
                      }
                      return onEach(channels, new Order.Quarantine(version, force, cause));
                    }));
  }

  /// Offers nothing new on any channel of the app that has a rollout running.
  public Uni<List<RolloutEvent>> halt(AppId app, Cause.Person by) {
    return Panache.withTransaction(
        () ->
            allLocked(app)
                .chain(
                    channels -> {
                      List<RolloutEvent> events = new ArrayList<>();
                      return Multi.createFrom()
                          .iterable(channels)
                          .onItem()
                          .transformToMultiAndConcatenate(
                              it -> Multi.createFrom().iterable(runningOn(it)))
                          .onItem()
                          .transformToUniAndConcatenate(
                              running ->
                                  carryOut(running.on(), new Order.Pause(running.id(), by, null)))
                          .invoke(outcome -> collect(outcome, events))
                          .collect()
                          .last()
                          .map(_ -> events);
                    }));
  }

  /// The apps on which a rollout runs. Within the caller's session.
  public Uni<List<String>> appsWithRunningRollouts() {
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createSelectionQuery(
                        "select distinct r.appId from RolloutRow r where r.state = :state order by"
                            + " 1",
                        String.class)
                    .setParameter("state", RolloutState.RUNNING)
                    .getResultList());
  }

  private record Running(Locked on, RolloutId id) {}

  private static List<Running> runningOn(Locked channel) {
    return channel.rollouts().entrySet().stream()
        .filter(it -> it.getValue().state == RolloutState.RUNNING)
        .map(it -> new Running(channel, it.getKey()))
        .toList();
  }

  /// The channels on which time has something to do.
  public Uni<List<String>> dueChannels(int atMost) {
    return Panache.withSession(() -> RolloutRow.dueChannels(clock.instant(), atMost));
  }

  /// Puts a new channel into the caller's transaction.
  public Uni<Void> open(
      Mutiny.Session session,
      AppId app,
      ChannelName name,
      ChannelRules rules,
      Cause cause,
      Instant now) {
    var event =
        new RolloutEvent.ChannelOpened(
            new RolloutEvent.Subject(app, name, null, null, now.toEpochMilli(), now), rules, cause);
    var channel = Channel.opened(event);
    var row = ChannelRow.of(channel);
    return session
        .persist(row)
        .chain(session::flush)
        .chain(() -> tell(session, row, null, channel, List.of(event)));
  }

  /// Says the state of every channel again, with a new epoch, so that it also wins against states
  /// that Kafka kept from before a restore.
  ///
  /// @param after the key of the last channel that was said again, empty at first
  /// @return the keys of at most `atMost` further ones
  public Uni<List<String>> republish(String after, int atMost) {
    return Panache.withTransaction(
        () ->
            ChannelRow.<ChannelRow>find("key > ?1 order by key", after)
                .withLock(jakarta.persistence.LockModeType.PESSIMISTIC_WRITE)
                .page(0, atMost)
                .list()
                .chain(
                    rows ->
                        Multi.createFrom()
                            .iterable(rows)
                            .onItem()
                            .transformToUniAndConcatenate(
                                row -> atHand(row, List.of()).call(this::sayAgain))
                            .map(locked -> locked.row().key)
                            .collect()
                            .asList()));
  }

  private Uni<Void> sayAgain(Locked locked) {
    var channel = locked.channel();
    var now = now();
    locked.row().epoch = channel.nextEpoch(now);
    locked.row().saidAt = now;
    var raised = locked.channel();
    return Panache.getSession()
        .chain(session -> tell(session, locked.row(), null, raised, List.of()));
  }

  private static Uni<ChannelRow> locked(String key) {
    return ChannelRow.locked(key)
        .map(row -> row.filter(it -> !it.isDeleted()).orElseThrow(Refusal::notFound));
  }

  private Uni<List<Locked>> allLocked(AppId app) {
    return ChannelRow.allLocked(app)
        .invoke(
            rows -> {
              if (rows.isEmpty()) throw Refusal.notFound();
            })
        .chain(
            rows ->
                Multi.createFrom()
                    .iterable(rows)
                    .onItem()
                    .transformToUniAndConcatenate(row -> atHand(row, List.of()))
                    .collect()
                    .asList());
  }

  /// Read after the lock: what they say stays true until the transaction ends.
  private static Uni<Locked> atHand(ChannelRow row, List<RolloutId> wanted) {
    var ids = new ArrayList<>(wanted.stream().map(RolloutId::text).toList());
    if (row.activeRollout != null) ids.add(row.activeRollout);
    if (ids.isEmpty()) return Uni.createFrom().item(new Locked(row, new LinkedHashMap<>()));
    return RolloutRow.<RolloutRow>find("channelKey = ?1 and id in ?2", row.key, ids)
        .list()
        .map(
            rows -> {
              var rollouts = new LinkedHashMap<RolloutId, RolloutRow>();
              for (var rollout : rows) rollouts.put(RolloutId.of(rollout.id), rollout);
              return new Locked(row, rollouts);
            });
  }

  private Uni<List<RolloutEvent>> onEach(Collection<Locked> channels, Order order) {
    List<RolloutEvent> events = new ArrayList<>();
    return Multi.createFrom()
        .iterable(channels)
        .onItem()
        .transformToUniAndConcatenate(it -> carryOut(it, order))
        .invoke(outcome -> collect(outcome, events))
        .collect()
        .last()
        .map(_ -> events);
  }

  private static void collect(Outcome outcome, List<RolloutEvent> events) {
    if (outcome instanceof Accepted(var told, _)) events.addAll(told);
  }

  private Uni<Outcome> carryOut(Locked locked, Order order) {
    var before = locked.channel();
    return people
        .around(knowledge.of(before, order), before, order)
        .chain(
            facts -> {
              var now = now();
              var outcome = Plan.decide(before, order, facts, now);
              return believed(order, outcome).chain(() -> carryOut(locked, before, outcome, now));
            });
  }

  private Uni<Outcome> carryOut(Locked locked, Channel before, Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Refused _ -> Uni.createFrom().item(outcome);
      case Accepted(_, var after) when after.equals(before) -> Uni.createFrom().item(outcome);
      case Accepted(var events, var after) ->
          Panache.getSession()
              .call(session -> write(session, locked, before, after, events, now))
              .replaceWith(outcome);
    };
  }

  private Uni<Void> believed(Order order, Outcome outcome) {
    return brings(order) && outcome instanceof Accepted(var events, var after) && !events.isEmpty()
        ? statements.requireBelieved(after.state())
        : Uni.createFrom().voidItem();
  }

  /// Whether a person wants more devices to get a version: pointless where agents would refuse it.
  /// What takes a version back, or holds it, is obeyed all the same.
  private static boolean brings(Order order) {
    return switch (order) {
      case Order.Start _,
          Order.Launch _,
          Order.Approve _,
          Order.Resume _,
          Order.Advance _,
          Order.Complete _ ->
          true;
      case Order.Reopen _,
          Order.ChangeRules _,
          Order.Delete _,
          Order.RetryFrom _,
          Order.Quarantine _,
          Order.ReportRefusal _,
          Order.Draft _,
          Order.Submit _,
          Order.Reject _,
          Order.Schedule _,
          Order.Pause _,
          Order.Cancel _,
          Order.RollBack _,
          Order.VerdictReceived _,
          Order.ClockTick _ ->
          false;
    };
  }

  private Uni<Void> write(
      Mutiny.Session session,
      Locked locked,
      Channel before,
      Channel after,
      List<RolloutEvent> events,
      Instant now) {
    locked.row().take(after);
    var fresh = new ArrayList<RolloutRow>();
    for (var rollout : after.rollouts().values()) {
      if (rollout.equals(before.rollouts().get(rollout.id()))) continue;
      var row = locked.rollouts().get(rollout.id());
      if (row == null) fresh.add(RolloutRow.of(after, rollout, now));
      else row.take(rollout, now);
    }
    Uni<Void> stored =
        fresh.isEmpty()
            ? Uni.createFrom().voidItem()
            : session.persistAll(fresh.toArray()).chain(session::flush);
    if (!events.isEmpty()) {
      stored = stored.chain(() -> tell(session, locked.row(), before, after, events));
    }
    return stored.chain(() -> consequences.ofVerdicts(session, before, after, now));
  }

  /// Time had nothing to do: the next look is later.
  private void lookedAt(Locked locked, Outcome outcome) {
    if (!(outcome instanceof Accepted(var events, _)) || !events.isEmpty()) return;
    var now = now();
    for (var row : locked.rollouts().values()) row.lookedAt(row.rollout(), now);
  }

  /// The state first: devices wait for it. Each event has its row, which the audit and webhooks are
  /// written beside.
  private Uni<Void> tell(
      Mutiny.Session session,
      ChannelRow row,
      @Nullable Channel before,
      Channel channel,
      List<RolloutEvent> events) {
    var now = now();
    var key = channel.key();
    Uni<Void> told =
        channel.deletedAt() == null
            ? statements
                .sign(session, channel.state())
                .chain(said -> say(session, row, channel, said.statement(), now))
            : outbox.append(
                session,
                Message.tombstone(Topics.CHANNEL_STATES, key, row.nextRevision(now), now),
                Topics.CHANNEL_STATES);
    for (var event : events) {
      told =
          told.chain(() -> session.persist(EventRow.of(key, event)))
              .chain(
                  () ->
                      outbox.append(
                          session,
                          Message.of(Topics.ROLLOUT_EVENTS, key, event, now),
                          Topics.ROLLOUT_EVENTS));
    }
    return told.chain(() -> consequences.of(session, before, channel, events, now));
  }

  private Uni<Void> say(
      Mutiny.Session session,
      ChannelRow row,
      Channel channel,
      ChannelState.@Nullable Statement statement,
      Instant now) {
    var state = channel.state().said(row.nextRevision(now), statement);
    return outbox.append(
        session, Message.of(Topics.CHANNEL_STATES, state.key(), state, now), Topics.CHANNEL_STATES);
  }

  /// Says the channel's state with a fresh statement. No order: its epoch stays, nothing happened.
  /// Where none can be signed, nothing is said.
  public Uni<Void> renew(String channelKey) {
    return Panache.withTransaction(
        () ->
            ChannelRow.locked(channelKey)
                .chain(
                    found ->
                        found.isEmpty() || found.get().isDeleted()
                            ? Uni.createFrom().voidItem()
                            : atHand(found.get(), List.of()).chain(this::renew)));
  }

  private Uni<Void> renew(Locked locked) {
    var channel = locked.channel();
    return Panache.getSession()
        .chain(
            session ->
                statements
                    .sign(session, channel.state())
                    .chain(
                        said -> {
                          if (!said.changed()) return Uni.createFrom().voidItem();
                          var now = now();
                          locked.row().saidAt = now;
                          return say(session, locked.row(), channel, said.statement(), now);
                        }));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /// The rollout after an accepted order about it.
  static Optional<Rollout> rollout(Accepted accepted, RolloutId id) {
    return accepted.channel().rollout(id);
  }

  /// The channel as it is, with the rollouts that `wanted` names and the active one. Within the
  /// caller's session; not locked.
  public Uni<Channel> look(AppId app, ChannelName name, @Nullable RolloutId wanted) {
    return ChannelRow.<ChannelRow>findById(ChannelState.key(app, name))
        .map(
            row -> {
              if (row == null || row.isDeleted()) throw Refusal.notFound();
              return row;
            })
        .chain(row -> atHand(row, wanted == null ? List.of() : List.of(wanted)))
        .map(Locked::channel);
  }
}
