package dev.slipway.ingest.lineage;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.PublisherEvent;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.app.Apps;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.kit.http.Refusal;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/// Tells publishers, by events, that the certificate that signs now nears its end or the end of its
/// grace. Each point is noted in the transaction that says it, so that it is said once, whoever is
/// restarted and however many replicas there are. Where several points passed unseen, the latest
/// speaks for all.
@ApplicationScoped
public class Reminders {

  private static final Logger LOG = Logger.getLogger(Reminders.class);

  private final Apps apps;
  private final LineageBook book;
  private final BlobBook blobs;
  private final Database database;
  private final Clock clock;

  public Reminders(Apps apps, LineageBook book, BlobBook blobs, Database database, Clock clock) {
    this.apps = apps;
    this.book = book;
    this.blobs = blobs;
    this.database = database;
    this.clock = clock;
  }

  /// The certificate that signs for an app now, and the points noted of it.
  private record Watched(AppId app, Digest leaf, Instant notAfter, Set<String> noted) {

    List<Reminder> due(AppState state, Instant now) {
      return Reminder.of(notAfter, state.policy().graceDays()).stream()
          .filter(reminder -> !now.isBefore(reminder.at()))
          .filter(reminder -> !noted.contains(reminder.point()))
          .toList();
    }
  }

  @Scheduled(
      every = "60s",
      delayed = "10s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void everyMinute() {
    try {
      say();
    } catch (Refusal e) {
      LOG.warnf("Reminders wait for the database: reason=%s", e.getMessage());
    }
  }

  /// Says what is due and was not said.
  ///
  /// @return the number of events
  public int say() {
    Instant now = clock.instant();
    int said = 0;
    for (Watched watched : database.inTransaction(() -> watched(Optional.empty()))) {
      Optional<AppState> app = apps.find(watched.app());
      if (app.isEmpty() || app.get().deletedAt() != null) continue;
      if (watched.due(app.get(), now).isEmpty()) continue;
      said += database.inTransaction(() -> say(app.get(), now));
    }
    return said;
  }

  private Uni<Integer> say(AppState app, Instant now) {
    return blobs
        .lock(app.appId(), true)
        // What was seen without the lock may have changed.
        .flatMap(_ -> watched(Optional.of(app.appId())))
        .flatMap(
            found -> {
              if (found.isEmpty()) return Uni.createFrom().item(0);
              Watched watched = found.getFirst();
              List<Reminder> due = watched.due(app, now);
              if (due.isEmpty()) return Uni.createFrom().item(0);
              return note(watched, due, now)
                  .flatMap(_ -> book.say(event(watched, due.getLast(), now)))
                  .invoke(
                      () ->
                          LOG.infof(
                              "A publisher is reminded of a certificate: app=%s certificate=%s"
                                  + " point=%s",
                              watched.app(), watched.leaf(), due.getLast().point()))
                  .replaceWith(1);
            });
  }

  private static PublisherEvent event(Watched watched, Reminder reminder, Instant now) {
    int daysLeft = reminder.daysLeft(now);
    return switch (reminder.of()) {
      case LIFE ->
          new PublisherEvent.CertificateExpiring(
              watched.app(), watched.leaf(), watched.notAfter(), daysLeft, now);
      case GRACE ->
          new PublisherEvent.CertificateInGrace(
              watched.app(), watched.leaf(), watched.notAfter(), reminder.end(), daysLeft, now);
    };
  }

  private static Uni<Integer> note(Watched watched, List<Reminder> due, Instant now) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        insert into ingest.reminder (app_id, leaf, point, noted_at)
                        select :app, :leaf, point, :now from unnest(cast(:points as text[])) as point
                        on conflict do nothing
                        """)
                    .setParameter("app", watched.app().text())
                    .setParameter("leaf", watched.leaf().text())
                    .setParameter(
                        "points", due.stream().map(Reminder::point).toArray(String[]::new))
                    .setParameter("now", now)
                    .executeUpdate());
  }

  /// Of one app or of all: the leaves that sign now and are not revoked.
  private static Uni<List<Watched>> watched(Optional<AppId> app) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        select l.app_id, l.leaf, c.not_after,
                               coalesce(string_agg(r.point, ' '), '')
                        from (select distinct on (app_id) app_id, leaf from ingest.lineage
                              where :app = '' or app_id = :app
                              order by app_id, position desc) l
                        join ingest.certificate c on c.app_id = l.app_id and c.fingerprint = l.leaf
                        left join ingest.reminder r on r.app_id = l.app_id and r.leaf = l.leaf
                        where c.revoked_at is null
                        group by l.app_id, l.leaf, c.not_after
                        """,
                        Object[].class)
                    .setParameter("app", app.map(AppId::text).orElse(""))
                    .getResultList())
        .map(rows -> rows.stream().map(Reminders::watched).toList());
  }

  private static Watched watched(Object[] row) {
    return new Watched(
        AppId.of((String) row[0]),
        Digest.parse((String) row[1]),
        ((OffsetDateTime) row[2]).toInstant(),
        new HashSet<>(List.of(((String) row[3]).split(" "))));
  }
}
