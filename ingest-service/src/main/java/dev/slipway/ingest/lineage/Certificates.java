package dev.slipway.ingest.lineage;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.CertificateView;
import dev.slipway.contracts.bundle.CertificateView.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The book of an app's certificates as people look at it. Pure.
final class Certificates {

  private Certificates() {}

  /// The one that signs now first, then those before it, then those that never signed.
  static List<CertificateView> views(AppState app, LineageBook.Contents book, Instant now) {
    Map<Digest, LineageRow> latest = new LinkedHashMap<>();
    for (var row : book.lineage()) latest.putIfAbsent(row.leaf(), row);
    var views = new ArrayList<CertificateView>();
    Digest current = book.current(app);
    if (latest.isEmpty()) views.add(view(app, current, book, null, now));
    latest.forEach((leaf, row) -> views.add(view(app, leaf, book, row, now)));
    book.certificates().values().stream()
        .filter(row -> !latest.containsKey(row.fingerprint()))
        .filter(row -> !row.fingerprint().equals(current))
        .sorted(Comparator.comparing(row -> row.key.fingerprint()))
        .forEach(row -> views.add(view(app, row.fingerprint(), book, null, now)));
    return views;
  }

  private static CertificateView view(
      AppState app,
      Digest fingerprint,
      LineageBook.Contents book,
      @Nullable LineageRow step,
      Instant now) {
    var row = book.certificate(fingerprint);
    boolean signs = fingerprint.equals(book.current(app));
    boolean revoked = row.map(CertificateRow::isRevoked).orElse(false);
    @Nullable Instant notAfter = row.map(it -> it.notAfter).orElse(null);
    boolean leaf = signs || step != null;
    @Nullable Instant graceEnd =
        notAfter == null || !leaf || revoked
            ? null
            : notAfter.plus(Duration.ofDays(app.policy().graceDays()));
    boolean ended = notAfter != null && now.isAfter(notAfter);
    return new CertificateView(
        fingerprint,
        revoked
            ? Status.REVOKED
            : signs ? Status.CURRENT : step != null ? Status.FORMER : Status.PINNED,
        row.map(it -> it.notBefore).orElse(null),
        notAfter,
        notAfter == null ? null : daysUntil(notAfter, now),
        graceEnd,
        graceEnd == null || !ended ? null : daysUntil(graceEnd, now),
        step == null ? null : step.predecessor(),
        step == null ? null : Version.of(step.version),
        step == null ? row.map(it -> it.pinnedAt).orElse(null) : step.enteredAt,
        row.map(it -> it.revokeReason == null ? it.pinReason : it.revokeReason).orElse(null),
        row.map(it -> it.revokedAt).orElse(null));
  }

  private static long daysUntil(Instant end, Instant now) {
    return Math.max(0, Duration.between(now, end).toDays());
  }
}
