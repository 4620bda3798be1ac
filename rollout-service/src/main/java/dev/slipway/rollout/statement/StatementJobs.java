package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.release.StatementView;
import dev.slipway.rollout.channel.ChannelBook;
import dev.slipway.rollout.keys.ServiceKeys;
import dev.slipway.rollout.webhook.Webhooks;
import dev.slipway.rollout.webhook.Webhooks.News;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Renews statements at half of their life, and warns long before a delegation ends.
@ApplicationScoped
public class StatementJobs {

  private static final Logger LOG = Logger.getLogger(StatementJobs.class);
  private static final int AT_ONCE = 200;

  private final DelegationBook book;
  private final ChannelBook channels;
  private final Renewals renewals;
  private final ServiceKeys keys;
  private final Webhooks webhooks;
  private final Clock clock;
  private volatile double firstEnd = Double.NaN;
  private volatile double uncovered;

  public StatementJobs(
      DelegationBook book,
      ChannelBook channels,
      Renewals renewals,
      ServiceKeys keys,
      Webhooks webhooks,
      Clock clock) {
    this.book = book;
    this.channels = channels;
    this.renewals = renewals;
    this.keys = keys;
    this.webhooks = webhooks;
    this.clock = clock;
  }

  @jakarta.inject.Inject
  void measured(MeterRegistry meters) {
    Gauge.builder("slipway.delegations.first.end", this, it -> it.firstEnd)
        .baseUnit("seconds")
        .description("until the first channel has no delegation any more: alert below 30 days")
        .register(meters);
    Gauge.builder("slipway.delegations.lapsed", this, it -> it.uncovered)
        .description("channels that had a delegation and whose agents believe nobody now")
        .register(meters);
  }

  /// The folder of keys is read here and at each start, off the event loop; another replica may
  /// have made a key.
  @Startup
  @Scheduled(every = "1m", concurrentExecution = ConcurrentExecution.SKIP)
  void readKeys() {
    keys.readReleases();
  }

  @Scheduled(
      every = "${slipway.statements.look-every}",
      concurrentExecution = ConcurrentExecution.SKIP)
  public Uni<Void> renew() {
    return Multi.createFrom()
        .iterable(renewals.takeHandedOver())
        .onItem()
        .transformToUniAndConcatenate(this::ask)
        .onItem()
        .ignoreAsUni()
        .chain(() -> book.due(AT_ONCE))
        .onItem()
        .transformToMulti(keys -> Multi.createFrom().iterable(keys))
        .onItem()
        .transformToUniAndConcatenate(this::renew)
        .onItem()
        .ignoreAsUni()
        .onFailure()
        .invoke(e -> LOG.warnf("Statements could not be looked at: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  private Uni<Void> ask(AppId app) {
    return Panache.withTransaction(
        () -> Panache.getSession().chain(session -> renewals.ask(session, app, clock.instant())));
  }

  private Uni<Void> renew(String channelKey) {
    return channels
        .renew(channelKey)
        .onFailure()
        .invoke(e -> LOG.errorf(e, "A statement was not renewed: channel=%s", channelKey))
        .onFailure()
        .recoverWithNull();
  }

  /// What a webhook is told. Its type is `delegation.expiring` with the days that are left,
  /// `delegation.expired`, or `delegation.missing` where the certificate that signs now made none.
  record Warning(AppId appId, ChannelName channel, @Nullable Instant expiresAt, long daysLeft) {}

  @Scheduled(every = "1h", delayed = "30s", concurrentExecution = ConcurrentExecution.SKIP)
  public Uni<Void> warn() {
    var ends = new ArrayList<Instant>();
    var without = new ArrayList<StatementView>();
    return Panache.withSession(() -> Panache.getSession().chain(DelegationBook::apps))
        .onItem()
        .transformToMulti(apps -> Multi.createFrom().iterable(apps))
        .onItem()
        .transformToUniAndConcatenate(
            app ->
                book.statements(AppId.of(app))
                    .invoke(views -> count(views, ends, without))
                    .chain(views -> warn(AppId.of(app), views)))
        .onItem()
        .ignoreAsUni()
        .invoke(
            () -> {
              var now = clock.instant();
              firstEnd =
                  ends.stream()
                      .mapToDouble(end -> Duration.between(now, end).toSeconds())
                      .min()
                      .orElse(Double.NaN);
              uncovered = without.size();
            })
        .onFailure()
        .invoke(e -> LOG.warnf("Delegations could not be looked at: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  private void count(List<StatementView> views, List<Instant> ends, List<StatementView> without) {
    for (var view : views) {
      var until = view.coveredUntil();
      if (until != null) ends.add(until);
      if (wasCovered(view) && (until == null || !until.isAfter(clock.instant()))) without.add(view);
    }
  }

  /// A channel that never had a delegation is one without agents.
  private static boolean wasCovered(StatementView view) {
    return view.seq() != null || view.coveredUntil() != null;
  }

  private Uni<Void> warn(AppId app, List<StatementView> views) {
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    return Multi.createFrom()
        .iterable(views)
        .filter(StatementJobs::wasCovered)
        .onItem()
        .transformToUniAndConcatenate(view -> warn(app, view, now))
        .onItem()
        .ignoreAsUni();
  }

  private Uni<Void> warn(AppId app, StatementView view, Instant now) {
    var until = view.coveredUntil();
    if (until == null) return warn(app, view, "delegation.missing", now);
    var reminder = StatementRules.reminder(until, now);
    if (reminder.isEmpty()) return Uni.createFrom().voidItem();
    int days = reminder.get();
    return warn(app, view, days == 0 ? "delegation.expired" : "delegation.expiring", now, days);
  }

  private Uni<Void> warn(AppId app, StatementView view, String type, Instant now) {
    return warn(app, view, type, now, 0);
  }

  /// Said once for each of the reminders: the message's id is the same when this looks again.
  private Uni<Void> warn(AppId app, StatementView view, String type, Instant now, int days) {
    var until = view.coveredUntil();
    LOG.warnf(
        "Agents stay where they are once no delegation is left: app=%s channel=%s days=%d",
        app, view.channel(), view.daysLeft());
    var news =
        new News(
            app,
            type,
            view.channel() + " " + until + " " + days,
            now,
            new Warning(app, view.channel(), until, view.daysLeft()));
    return Panache.withTransaction(
        () -> Panache.getSession().chain(session -> webhooks.announce(session, news)));
  }
}
