package dev.slipway.ingest.lineage;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.bundle.NewUnlock.Kind;
import dev.slipway.contracts.bundle.UnlockView;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.ingest.retry.Claim;
import dev.slipway.ingest.retry.Claims;
import dev.slipway.kit.http.Refusal;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/// The exceptions that people asked for. To be used within a transaction.
@ApplicationScoped
class UnlockBook implements PanacheRepositoryBase<UnlockRow, UUID> {

  private static final Duration OPEN = Duration.ofDays(1);
  private static final int SHOWN = 100;

  private final BlobBook locks;
  private final Claims claims;

  UnlockBook(BlobBook locks, Claims claims) {
    this.locks = locks;
    this.claims = claims;
  }

  /// @param fresh whether it was not open before
  record Asked(UnlockView view, boolean fresh) {}

  Uni<List<UnlockView>> list(AppId app) {
    return find("appId = ?1 order by requestedAt desc", app.text())
        .range(0, SHOWN - 1)
        .list()
        .map(rows -> rows.stream().map(UnlockRow::view).toList());
  }

  Uni<Asked> ask(
      AppId app,
      Kind kind,
      String subject,
      String reason,
      String by,
      String holder,
      Optional<Claim> claim,
      Instant time) {
    // As finely as the database keeps it: the first answer and later ones say the same.
    Instant now = time.truncatedTo(ChronoUnit.MICROS);
    return locks
        .lock(app, true)
        .flatMap(_ -> claims.require(claim, now))
        .flatMap(
            _ ->
                this.find(
                        "appId = ?1 and kind = ?2 and subject = ?3 and usedIn is null"
                            + " and expiresAt > ?4",
                        app.text(),
                        kind,
                        subject,
                        now)
                    .<UnlockRow>firstResult())
        .flatMap(
            open ->
                open != null
                    ? Uni.createFrom().item(new Asked(open.view(), false))
                    : persistAndFlush(
                            new UnlockRow(
                                UUID.randomUUID(),
                                app,
                                kind,
                                subject,
                                reason,
                                by,
                                holder,
                                now,
                                now.plus(OPEN)))
                        .map(row -> new Asked(row.view(), true)))
        .call(_ -> claims.enter(claim, now));
  }

  /// @param requireSecond refuses the caller if this is who holds their key
  /// @throws Refusal 409 `unlock-closed`, and what `requireSecond` throws
  Uni<Optional<UnlockView>> approve(
      AppId app, UUID id, String by, Instant now, Consumer<String> requireSecond) {
    return locks
        .lock(app, true)
        .flatMap(_ -> findById(id))
        .map(
            row -> {
              if (row == null || !row.appId.equals(app.text())) return Optional.empty();
              if (row.approvedBy != null && row.usedIn == null && row.isOpen(now)) {
                return Optional.of(row.view());
              }
              if (!row.isOpen(now)) {
                throw Refusal.of(
                    409, "unlock-closed", "It was used, or its day is over. Ask for it again.");
              }
              requireSecond.accept(row.requestedHolder);
              row.approvedBy = by;
              row.approvedAt = now;
              return Optional.of(row.view());
            });
  }
}
