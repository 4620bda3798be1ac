package dev.slipway.ingest.lineage;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Lineage;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.PublisherEvent;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.outbox.Outbox;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bouncycastle.util.encoders.Base32;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// The certificates of the apps' publishers: who signed from when on, who is pinned, who is
/// revoked. To be used within a transaction; whoever writes holds the app's lock.
@ApplicationScoped
public class LineageBook {

  private final Outbox outbox;

  LineageBook(Outbox outbox) {
    this.outbox = outbox;
  }

  /// What is known of an app's certificates.
  ///
  /// @param lineage newest first
  record Contents(List<LineageRow> lineage, Map<Digest, CertificateRow> certificates) {

    Optional<CertificateRow> certificate(Digest fingerprint) {
      return Optional.ofNullable(certificates.get(fingerprint));
    }

    Digest current(AppState app) {
      return lineage.isEmpty() ? app.publisherLeaf() : lineage.getFirst().leaf();
    }
  }

  /// By which certificates the app's publisher is known now.
  public Uni<Trust> trust(AppState app, Instant now) {
    return contents(app.appId())
        .flatMap(
            contents ->
                openUnlocks(app.appId(), now).map(unlocks -> trust(app, contents, unlocks)));
  }

  Uni<Contents> contents(AppId app) {
    return session()
        .flatMap(
            session ->
                session
                    .createQuery(
                        "from LineageRow where appId = :app order by position desc",
                        LineageRow.class)
                    .setParameter("app", app.text())
                    .getResultList()
                    .flatMap(
                        lineage ->
                            session
                                .createQuery(
                                    "from CertificateRow where key.appId = :app",
                                    CertificateRow.class)
                                .setParameter("app", app.text())
                                .getResultList()
                                .map(
                                    certificates ->
                                        new Contents(
                                            lineage,
                                            certificates.stream()
                                                .collect(
                                                    Collectors.toMap(
                                                        CertificateRow::fingerprint,
                                                        Function.identity()))))));
  }

  private static Trust trust(AppState app, Contents contents, List<Unlock> unlocks) {
    Digest current = contents.current(app);
    Set<Digest> former = new HashSet<>();
    for (var row : contents.lineage()) {
      former.add(row.leaf());
      Digest predecessor = row.predecessor();
      if (predecessor != null) former.add(predecessor);
    }
    former.remove(current);
    Set<Digest> revoked = new HashSet<>();
    Set<Digest> pinned = new HashSet<>(List.of(app.publisherLeaf(), current));
    for (var certificate : contents.certificates().values()) {
      if (certificate.isRevoked()) revoked.add(certificate.fingerprint());
      if (certificate.pinnedAt != null) pinned.add(certificate.fingerprint());
    }
    pinned.removeAll(revoked);
    return new Trust(
        new Lineage(current, currentKey(app, contents, current), former, revoked, true),
        !contents.lineage().isEmpty(),
        pinned,
        unlocks);
  }

  /// The publisher's id is the fingerprint of the first key.
  private static Digest currentKey(AppState app, Contents contents, Digest current) {
    @Nullable String known =
        contents.certificate(current).map(row -> row.keyFingerprint).orElse(null);
    return known == null
        ? Digest.of(Base32.decode(app.publisherId() + "===="))
        : Digest.parse(known);
  }

  private static Uni<List<Unlock>> openUnlocks(AppId app, Instant now) {
    return session()
        .flatMap(
            session ->
                session
                    .createQuery(
                        "from UnlockRow where appId = :app and approvedBy is not null"
                            + " and usedIn is null and expiresAt > :now",
                        UnlockRow.class)
                    .setParameter("app", app.text())
                    .setParameter("now", now)
                    .getResultList())
        .map(rows -> rows.stream().map(row -> new Unlock(row.id, row.kind, row.subject)).toList());
  }

  /// Enters what a version changes of the lineage, with its events.
  public Uni<Void> enter(AppState app, LineageStep step, Version version, Instant now) {
    Uni<Void> done = Uni.createFrom().voidItem();
    var from = step.from();
    if (from != null) done = done.call(_ -> know(app.appId(), from));
    done =
        done.call(_ -> know(app.appId(), step.leaf()))
            .call(_ -> append(app.appId(), step, version, now));
    var grace = step.grace();
    if (from != null && grace != null) {
      var event =
          new PublisherEvent.CertificateInGrace(
              app.appId(),
              from.fingerprint(),
              from.notAfter(),
              grace.until(),
              (int) grace.daysLeft(),
              now);
      done = done.flatMap(_ -> say(event));
    }
    Digest predecessor = step.predecessor();
    if (predecessor != null) {
      var event =
          new PublisherEvent.LineageChanged(
              app.appId(),
              predecessor,
              step.leaf().fingerprint(),
              version,
              step.leaf().notAfter(),
              now);
      done = done.flatMap(_ -> say(event));
    }
    return done;
  }

  /// Notes that an exception was made use of: it counts once.
  public Uni<Void> use(Unlock unlock, Version version) {
    return execute(
            "update ingest.unlock set used_in = :version where id = :id",
            Map.of("version", version.text(), "id", unlock.id()))
        .replaceWithVoid();
  }

  /// Pins a certificate, with its event; again is no mistake.
  ///
  /// @return whether it was not pinned before
  Uni<Boolean> pin(AppId app, byte[] der, Facts facts, String by, String reason, Instant now) {
    Digest fingerprint = Digest.sha256(der);
    return know(app, fingerprint, der, facts)
        .flatMap(
            _ ->
                execute(
                    "update ingest.certificate set pinned_at = :now, pinned_by = :by,"
                        + " pin_reason = :reason where app_id = :app and fingerprint = :fingerprint"
                        + " and pinned_at is null",
                    Map.of(
                        "now", now,
                        "by", by,
                        "reason", reason,
                        "app", app.text(),
                        "fingerprint", fingerprint.text())))
        .flatMap(
            rows ->
                rows == 0
                    ? Uni.createFrom().item(false)
                    : say(new PublisherEvent.CertificatePinned(
                            app, fingerprint, Base64.getEncoder().encodeToString(der), reason, now))
                        .replaceWith(true));
  }

  /// Revokes a certificate, known or not, with its event; again is no mistake and changes nothing.
  ///
  /// @return whether it was not revoked before
  Uni<Boolean> revoke(AppId app, Digest certificate, String by, String reason, Instant now) {
    return execute(
            """
            insert into ingest.certificate as c
                   (app_id, fingerprint, revoked_at, revoked_by, revoke_reason)
            values (:app, :fingerprint, :now, :by, :reason)
            on conflict (app_id, fingerprint) do update
            set revoked_at = excluded.revoked_at, revoked_by = excluded.revoked_by,
                revoke_reason = excluded.revoke_reason
            where c.revoked_at is null
            """,
            Map.of(
                "app", app.text(),
                "fingerprint", certificate.text(),
                "now", now,
                "by", by,
                "reason", reason))
        .flatMap(
            rows ->
                rows == 0
                    ? Uni.createFrom().item(false)
                    : say(new PublisherEvent.CertificateRevoked(app, certificate, reason, now))
                        .replaceWith(true));
  }

  /// Appends an event to the transaction.
  Uni<Void> say(PublisherEvent event) {
    var message = Message.of(Topics.PUBLISHER_EVENTS, event.appId().text(), event, event.at());
    return session().flatMap(session -> outbox.append(session, message, Topics.PUBLISHER_EVENTS));
  }

  /// What a certificate says of itself.
  record Facts(@Nullable Digest key, Instant notBefore, Instant notAfter) {}

  private Uni<Integer> know(AppId app, LineageStep.Signer signer) {
    return know(
        app,
        signer.fingerprint(),
        signer.der(),
        new Facts(signer.key(), signer.notBefore(), signer.notAfter()));
  }

  private static Uni<Integer> know(AppId app, Digest fingerprint, byte[] der, Facts facts) {
    return session()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        insert into ingest.certificate as c
                               (app_id, fingerprint, der, key_fingerprint, not_before, not_after)
                        values (:app, :fingerprint, :der, nullif(:key, ''), :notBefore, :notAfter)
                        on conflict (app_id, fingerprint) do update
                        set der = excluded.der, key_fingerprint = excluded.key_fingerprint,
                            not_before = excluded.not_before, not_after = excluded.not_after
                        where c.der is null
                        """)
                    .setParameter("app", app.text())
                    .setParameter("fingerprint", fingerprint.text())
                    .setParameter("der", der)
                    .setParameter("key", facts.key() == null ? "" : facts.key().text())
                    .setParameter("notBefore", facts.notBefore())
                    .setParameter("notAfter", facts.notAfter())
                    .executeUpdate());
  }

  private static Uni<Integer> append(AppId app, LineageStep step, Version version, Instant now) {
    Digest predecessor = step.predecessor();
    return session()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        insert into ingest.lineage (app_id, leaf, predecessor, version, entered_at)
                        values (:app, :leaf, nullif(:predecessor, ''), :version, :now)
                        """)
                    .setParameter("app", app.text())
                    .setParameter("leaf", step.leaf().fingerprint().text())
                    .setParameter("predecessor", predecessor == null ? "" : predecessor.text())
                    .setParameter("version", version.text())
                    .setParameter("now", now)
                    .executeUpdate());
  }

  private static Uni<Integer> execute(String sql, Map<String, ?> parameters) {
    return session()
        .flatMap(
            session -> {
              var query = session.createNativeQuery(sql);
              parameters.forEach(query::setParameter);
              return query.executeUpdate();
            });
  }

  private static Uni<Mutiny.Session> session() {
    return Panache.getSession();
  }
}
