package dev.slipway.ingest.lineage;

import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Lineage;
import dev.slipway.contracts.bundle.NewUnlock.Kind;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// By which certificates an app's publisher is known at one moment, and which exceptions are
/// allowed.
///
/// @param begun whether a version was accepted already; before that, the certificate of the app's
///     registration is all there is
/// @param pinned fingerprints of certificates that may sign or issue others, without revoked ones
public record Trust(Lineage lineage, boolean begun, Set<Digest> pinned, List<Unlock> unlocks) {

  public Trust {
    pinned = Set.copyOf(pinned);
    unlocks = List.copyOf(unlocks);
  }

  /// The exception of this kind for this subject, if there is one.
  public Optional<Unlock> unlock(Kind kind, Object subject) {
    String text = subject.toString();
    return unlocks.stream()
        .filter(unlock -> unlock.kind() == kind && unlock.subject().equals(text))
        .findFirst();
  }

  /// One of these certificates that was revoked, if one was.
  public Optional<Digest> revokedOf(Collection<Digest> certificates) {
    return certificates.stream().filter(lineage.revoked()::contains).findFirst();
  }
}
