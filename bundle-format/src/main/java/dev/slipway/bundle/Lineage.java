package dev.slipway.bundle;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The certificates by which an app's releases were signed, as one party knows them: a server all of
 * them, a device those since the release that it came with.
 *
 * @param current the fingerprint of the one that is trusted now: on a server the leaf of the newest
 *     accepted bundle, on a device the leaf that it trusts
 * @param currentKey the fingerprint of its public key, where it is known; without it a renewal over
 *     the same key is not recognised
 * @param former those that were trusted before
 * @param revoked those whose signatures count no more, whatever they sign
 * @param complete whether {@code former} names all there were; a device cannot know
 */
public record Lineage(
    Digest current,
    @Nullable Digest currentKey,
    Set<Digest> former,
    Set<Digest> revoked,
    boolean complete) {

  /** Keeps the sets as they are now. */
  public Lineage {
    former = Set.copyOf(former);
    revoked = Set.copyOf(revoked);
  }

  /** Who trusts one certificate and knows nothing else: a device on its first day. */
  public static Lineage trusting(Digest leaf) {
    return new Lineage(leaf, null, Set.of(), Set.of(), false);
  }

  /** The complete lineage of an app that was registered with this certificate. */
  public static Lineage beginningWith(PublisherCertificate leaf) {
    return new Lineage(leaf.fingerprint(), leaf.keyFingerprint(), Set.of(), Set.of(), true);
  }

  /** The public key of the current certificate, where it is known. */
  public Optional<Digest> key() {
    return Optional.ofNullable(currentKey);
  }

  /** The lineage once this certificate has become the current one. */
  public Lineage followedBy(PublisherCertificate successor) {
    if (successor.fingerprint().equals(current)) {
      return this;
    }
    Set<Digest> before = new LinkedHashSet<>(former);
    before.add(current);
    before.remove(successor.fingerprint());
    return new Lineage(
        successor.fingerprint(), successor.keyFingerprint(), before, revoked, complete);
  }

  /** The same lineage with these certificates revoked as well. */
  public Lineage revoking(Set<Digest> leaves) {
    Set<Digest> all = new LinkedHashSet<>(revoked);
    all.addAll(leaves);
    return new Lineage(current, currentKey, former, all, complete);
  }

  /** The same lineage, where one did not know the key of its current certificate. */
  public Lineage withKey(@Nullable Digest key) {
    return new Lineage(current, key, former, revoked, complete);
  }
}
