package dev.slipway.rollout.audit;

import dev.slipway.contracts.audit.AuditCheckpoint;
import dev.slipway.contracts.audit.AuditEntry;
import dev.slipway.contracts.audit.AuditVerification;
import dev.slipway.bundle.Digest;
import dev.slipway.decisions.audit.AuditChain;
import dev.slipway.decisions.audit.AuditChain.Position;
import dev.slipway.decisions.audit.AuditChain.Step;
import dev.slipway.decisions.audit.Checkpoint;
import dev.slipway.rollout.keys.ServiceKeys;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/// Reads the audit, signs it and holds it against its own chain.
@ApplicationScoped
public class AuditBook {

  private static final int PAGE = 1_000;

  private final ServiceKeys keys;
  private final Clock clock;
  private final Duration checkpointEvery;

  public AuditBook(
      ServiceKeys keys,
      Clock clock,
      @ConfigProperty(name = "slipway.audit.checkpoint-every", defaultValue = "PT1H")
          Duration checkpointEvery) {
    this.keys = keys;
    this.clock = clock;
    this.checkpointEvery = checkpointEvery;
  }

  /// Which lines are asked for.
  ///
  /// @param apps lines about these apps alone; empty: all lines
  /// @param cursor lines beyond this one, in the order asked for
  record Query(
      Set<String> apps,
      @Nullable String actor,
      @Nullable String action,
      @Nullable Boolean refused,
      @Nullable Instant from,
      @Nullable Instant until,
      boolean newestFirst,
      @Nullable Long cursor) {}

  Uni<List<AuditEntry>> find(Query query, int atMost) {
    var conditions = new ArrayList<String>();
    var values = new HashMap<String, Object>();
    conditions.add("1 = 1");
    if (!query.apps().isEmpty()) add(conditions, values, "appId in :apps", "apps", query.apps());
    if (query.actor() != null) add(conditions, values, "actor = :actor", "actor", query.actor());
    if (query.action() != null) {
      // A part before the dot stands for all of its actions.
      if (query.action().contains(".")) {
        add(conditions, values, "action = :action", "action", query.action());
      } else {
        conditions.add("(action = :action or action like :actions)");
        values.put("action", query.action());
        values.put("actions", query.action() + ".%");
      }
    }
    if (query.refused() != null) {
      conditions.add(query.refused() ? "problem is not null" : "problem is null");
    }
    if (query.from() != null) add(conditions, values, "at >= :from", "from", query.from());
    if (query.until() != null) add(conditions, values, "at < :until", "until", query.until());
    if (query.cursor() != null) {
      add(
          conditions,
          values,
          query.newestFirst() ? "seq < :cursor" : "seq > :cursor",
          "cursor",
          query.cursor());
    }
    var text =
        String.join(" and ", conditions)
            + (query.newestFirst() ? " order by seq desc" : " order by seq");
    return Panache.withSession(
        () ->
            AuditRow.<AuditRow>find(text, values)
                .page(0, atMost)
                .list()
                .map(rows -> rows.stream().map(AuditRow::entry).toList()));
  }

  private static void add(
      List<String> conditions, Map<String, Object> values, String text, String name, Object value) {
    conditions.add(text);
    values.put(name, value);
  }

  /// The newest checkpoint.
  Uni<Optional<AuditCheckpoint>> checkpoint() {
    return Panache.withSession(CheckpointRow::newest).map(row -> row.map(this::shown));
  }

  /// Signs how far the audit reaches, if it grew and the last time is long enough ago.
  ///
  /// @param atOnce however short ago it was
  Uni<Optional<AuditCheckpoint>> sign(boolean atOnce) {
    return Panache.withTransaction(
        () ->
            AuditHeadRow.locked()
                .map(AuditHeadRow::at)
                .chain(
                    head ->
                        CheckpointRow.newest()
                            .chain(
                                last ->
                                    isDue(last, head, atOnce)
                                        ? sign(head).map(Optional::of)
                                        : Uni.createFrom().item(Optional.empty()))));
  }

  private boolean isDue(Optional<CheckpointRow> last, Position head, boolean atOnce) {
    if (head.seq() == 0) return false;
    return last.isEmpty()
        || (last.get().seq < head.seq()
            && (atOnce || !last.get().at.plus(checkpointEvery).isAfter(now())));
  }

  private Uni<AuditCheckpoint> sign(Position head) {
    var row = new CheckpointRow();
    row.seq = head.seq();
    row.hash = head.hash().text();
    row.at = now();
    row.note = new Checkpoint(keys.auditOrigin(), head).signed(keys.audit());
    return row.persist().replaceWith(shown(row));
  }

  private AuditCheckpoint shown(CheckpointRow row) {
    return new AuditCheckpoint(
        row.seq, Digest.parse(row.hash), row.at, row.note, keys.auditVerifier().text());
  }

  /// How far a look at the audit got.
  private record Looked(
      Position at, @Nullable Long brokenAt, @Nullable String fault, long checkpoints) {

    Looked broken(long seq, String why) {
      return new Looked(at, seq, why, checkpoints);
    }
  }

  /// Reads every line and every checkpoint, and says where the first one is that does not fit.
  Uni<AuditVerification> verify() {
    return Panache.withSession(AuditHeadRow::position)
        .chain(
            head ->
                look(new Looked(AuditChain.START, null, null, 0), head)
                    .chain(
                        looked ->
                            looked.fault() != null
                                ? Uni.createFrom().item(looked)
                                : ending(looked, head)))
        .map(
            looked ->
                new AuditVerification(
                    now(),
                    looked.at().seq(),
                    looked.at().hash(),
                    looked.brokenAt(),
                    looked.fault(),
                    looked.checkpoints()));
  }

  private Uni<Looked> look(Looked looked, Position head) {
    if (looked.fault() != null || looked.at().seq() >= head.seq()) {
      return Uni.createFrom().item(looked);
    }
    long from = looked.at().seq();
    return Panache.withSession(
            () ->
                AuditRow.<AuditRow>find("seq > ?1 and seq <= ?2 order by seq", from, head.seq())
                    .page(0, PAGE)
                    .list()
                    .chain(
                        rows ->
                            CheckpointRow.about(from + 1, from + PAGE)
                                .map(signed -> through(looked, rows, signed))))
        .chain(
            next ->
                next.fault() == null && next.at().seq() == from
                    ? Uni.createFrom()
                        .item(next.broken(from + 1, "line " + (from + 1) + " is missing"))
                    : look(next, head));
  }

  private Looked through(Looked looked, List<AuditRow> rows, List<CheckpointRow> signed) {
    var notes = new HashMap<Long, CheckpointRow>();
    signed.forEach(note -> notes.put(note.seq, note));
    var now = looked;
    for (var row : rows) {
      AuditEntry entry;
      try {
        entry = row.entry();
      } catch (IllegalArgumentException _) {
        return now.broken(row.seq, "line " + row.seq + " cannot be read");
      }
      switch (AuditChain.follow(now.at(), entry)) {
        case Step.Broken(var seq, var fault) -> {
          return now.broken(seq, fault);
        }
        case Step.Follows(var to) -> now = new Looked(to, null, null, now.checkpoints());
      }
      var note = notes.get(row.seq);
      if (note != null) {
        var checkpoint = Checkpoint.open(note.note, keys.auditVerifier());
        // One that an earlier key signed says nothing any more; who kept that key can check it.
        if (checkpoint.isPresent() && !checkpoint.get().position().equals(now.at())) {
          return now.broken(row.seq, "the checkpoint of line " + row.seq + " says otherwise");
        }
        if (checkpoint.isPresent()) {
          now = new Looked(now.at(), null, null, now.checkpoints() + 1);
        }
      }
    }
    return now;
  }

  /// Lines that were cut off at the end are missed by the head and by checkpoints beyond it.
  private Uni<Looked> ending(Looked looked, Position head) {
    if (!looked.at().equals(head)) {
      return Uni.createFrom()
          .item(looked.broken(head.seq(), "the last line is not the one that was written last"));
    }
    return Panache.withSession(() -> CheckpointRow.about(head.seq() + 1, Long.MAX_VALUE))
        .chain(
            beyond ->
                Panache.withSession(AuditHeadRow::position)
                    .map(
                        now ->
                            beyond.stream().anyMatch(row -> row.seq > now.seq())
                                ? looked.broken(
                                    head.seq() + 1, "a checkpoint covers lines that are missing")
                                : looked));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
