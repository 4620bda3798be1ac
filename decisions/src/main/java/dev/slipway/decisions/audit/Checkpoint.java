package dev.slipway.decisions.audit;

import dev.slipway.bundle.Digest;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;

/**
 * What is signed about an audit: three lines as in c2sp.org/tlog-checkpoint, origin, number of
 * lines, hash in base64. The hash is that of a chain's last line, not the root of a Merkle tree.
 *
 * @param origin names the audit, as in {@code slipway/prod/audit}
 */
public record Checkpoint(String origin, AuditChain.Position position) {

  /** The signed note; its key has the origin's name. */
  public String signed(Ed25519PrivateKeyParameters key) {
    return SignedNote.sign(text(), origin, key);
  }

  /** The checkpoint in a note that this key signed, or nothing. */
  public static Optional<Checkpoint> open(String note, SignedNote.Verifier verifier) {
    return SignedNote.open(note, verifier)
        .flatMap(Checkpoint::parse)
        .filter(checkpoint -> checkpoint.origin().equals(verifier.name()));
  }

  private String text() {
    return origin
        + "\n"
        + position.seq()
        + "\n"
        + Base64.getEncoder().encodeToString(position.hash().bytes())
        + "\n";
  }

  private static Optional<Checkpoint> parse(String text) {
    List<String> lines = text.lines().toList();
    if (lines.size() != 3) return Optional.empty();
    try {
      Digest hash =
          Digest.parse(
              Base64.getUrlEncoder()
                  .withoutPadding()
                  .encodeToString(Base64.getDecoder().decode(lines.get(2))));
      Checkpoint checkpoint =
          new Checkpoint(
              lines.get(0), new AuditChain.Position(Long.parseLong(lines.get(1)), hash));
      return checkpoint.text().equals(text) ? Optional.of(checkpoint) : Optional.empty();
    } catch (RuntimeException e) {
      // Another shape, whatever it is.
      return Optional.empty();
    }
  }
}
