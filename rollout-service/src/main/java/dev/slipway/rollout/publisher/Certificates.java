package dev.slipway.rollout.publisher;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.PublisherEvent;
import dev.slipway.kit.topic.StateView;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// Whose signatures count for an app. Ingest decides it; this service remembers what it heard, to
/// know whose delegations to take and what to tell agents.
@ApplicationScoped
public class Certificates {

  private final StateView<BundleState> bundles;

  public Certificates(StateView<BundleState> bundles) {
    this.bundles = bundles;
  }

  /// What is known of an app's certificates.
  ///
  /// @param current the leaf that signs now: that of the newest bundle
  /// @param leaves all that signed, or that another handed over to; none of them revoked
  /// @param pinned those that may issue leaves
  /// @param revoked the latest first
  public record Known(
      Digest current, Set<Digest> leaves, Set<Digest> pinned, List<Digest> revoked) {}

  /// The app's leaves whose signatures count no more, the latest first. Within the caller's
  /// session.
  public Uni<List<Digest>> revoked(AppId app) {
    return LeafRow.of(app.text()).map(Certificates::revoked);
  }

  private static List<Digest> revoked(List<LeafRow> rows) {
    return rows.stream()
        .filter(row -> row.revokedAt != null)
        .map(row -> Digest.parse(row.leaf))
        .toList();
  }

  /// Within the caller's session.
  public Uni<Known> of(AppState app) {
    return LeafRow.of(app.appId().text()).map(rows -> known(app, rows));
  }

  private Known known(AppState app, List<LeafRow> rows) {
    var leaves = new HashSet<Digest>();
    var pinned = new HashSet<Digest>();
    leaves.add(app.publisherLeaf());
    var signed =
        bundles.all().values().stream()
            .filter(it -> it.appId().equals(app.appId()))
            .filter(it -> it.format() == BundleState.Format.SLIPWAY_BUNDLE_1)
            .filter(it -> it.publisherLeaf() != null)
            .sorted(Comparator.comparing(BundleState::acceptedAt).reversed())
            .toList();
    for (var bundle : signed) add(leaves, bundle.publisherLeaf());
    for (var row : rows) {
      if (row.pinnedAt != null) pinned.add(Digest.parse(row.leaf));
      else leaves.add(Digest.parse(row.leaf));
      if (row.successor != null) leaves.add(Digest.parse(row.successor));
    }
    var revoked = revoked(rows);
    revoked.forEach(leaves::remove);
    revoked.forEach(pinned::remove);
    var newest = signed.isEmpty() ? null : signed.getFirst().publisherLeaf();
    return new Known(newest == null ? app.publisherLeaf() : newest, leaves, pinned, revoked);
  }

  private static void add(Set<Digest> leaves, @Nullable Digest leaf) {
    if (leaf != null) leaves.add(leaf);
  }

  /// Remembers what an event says. Whether it changes what agents are told.
  Uni<Boolean> remember(Mutiny.Session session, PublisherEvent event) {
    var app = event.appId().text();
    return switch (event) {
      case PublisherEvent.CertificatePinned it ->
          LeafRow.ensured(session, app, it.certificate())
              .invoke(row -> row.pinnedAt = it.at())
              .replaceWith(false);
      case PublisherEvent.LineageChanged it ->
          LeafRow.ensured(session, app, it.from())
              .invoke(row -> row.successor = it.to().text())
              .replaceWith(true);
      case PublisherEvent.CertificateRevoked it ->
          LeafRow.ensured(session, app, it.leaf())
              .invoke(row -> row.revokedAt = it.at())
              .replaceWith(true);
      case PublisherEvent.CertificateExpiring _, PublisherEvent.CertificateInGrace _ ->
          Uni.createFrom().item(false);
    };
  }
}
