package dev.slipway.decisions.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.audit.AuditEntry;
import dev.slipway.decisions.audit.AuditChain.Position;
import dev.slipway.decisions.audit.AuditChain.Step;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.junit.jupiter.api.Test;

class AuditChainTest {

  private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

  @Test
  void linesFollowOneAnother() {
    assertThat(broken(chain(5))).isNull();
  }

  @Test
  void anAlteredLineIsFound() {
    for (var altered :
        List.of(
            line("k2", "app.delete", null), line("k1", "app.create", null), line("k1", "", "why"))) {
      // Given
      var lines = chain(5);
      var was = lines.get(2);
      // When
      lines.set(2, chained(altered, was.seq(), was.previous(), was.hash()));
      // Then
      assertThat(broken(lines)).isEqualTo(new Step.Broken(3, "line 3 was altered"));
    }
  }

  @Test
  void anAlteredLineWithAHashOfItsOwnIsFoundAtTheNextOne() {
    var lines = chain(5);
    lines.set(
        2, AuditChain.next(new Position(2, lines.get(1).hash()), line("k9", "app.create", null)));
    assertThat(broken(lines).seq()).isEqualTo(4);
  }

  @Test
  void aRemovedLineIsFound() {
    var lines = chain(5);
    lines.remove(2);
    assertThat(broken(lines).seq()).isEqualTo(3);
  }

  @Test
  void aMemberCannotMoveIntoItsNeighbour() {
    var one = AuditChain.next(AuditChain.START, line("ab", "c", null));
    var other = AuditChain.next(AuditChain.START, line("a", "bc", null));
    assertThat(one.hash()).isNotEqualTo(other.hash());
    assertThat(AuditChain.next(AuditChain.START, line("a", "b", "")).hash())
        .isNotEqualTo(AuditChain.next(AuditChain.START, line("a", "b", null)).hash());
  }

  @Test
  void aCheckpointIsReadByItsKeyAlone() {
    // Given
    var key = new Ed25519PrivateKeyParameters(new SecureRandom());
    var other = new Ed25519PrivateKeyParameters(new SecureRandom());
    var checkpoint = new Checkpoint("slipway/test/audit", new Position(7, Digest.sha256(new byte[1])));
    var verifier = new SignedNote.Verifier("slipway/test/audit", key.generatePublicKey());
    // When
    var note = checkpoint.signed(key);
    // Then
    assertThat(Checkpoint.open(note, verifier)).contains(checkpoint);
    assertThat(Checkpoint.open(note, SignedNote.Verifier.parse(verifier.text())))
        .contains(checkpoint);
    assertThat(Checkpoint.open(note.replace("\n7\n", "\n8\n"), verifier)).isEmpty();
    assertThat(
            Checkpoint.open(
                note, new SignedNote.Verifier("slipway/test/audit", other.generatePublicKey())))
        .isEmpty();
    assertThat(Checkpoint.open("no note", verifier)).isEmpty();
    assertThatThrownBy(() -> SignedNote.Verifier.parse(verifier.text().replace("test", "test2")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /// The example of c2sp.org/signed-note, and of Go's golang.org/x/mod/sumdb/note.
  @Test
  void aNoteOfAnotherImplementationIsRead() {
    var verifier =
        SignedNote.Verifier.parse(
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    var text =
        """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.
        """;
    var note =
        text
            + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    assertThat(SignedNote.open(note, verifier)).contains(text);
  }

  private static Step.Broken broken(List<AuditEntry> lines) {
    var at = AuditChain.START;
    for (var line : lines) {
      var step = AuditChain.follow(at, line);
      if (step instanceof Step.Broken broken) return broken;
      at = ((Step.Follows) step).to();
    }
    return null;
  }

  private static List<AuditEntry> chain(int length) {
    var lines = new ArrayList<AuditEntry>();
    var at = AuditChain.START;
    for (int i = 0; i < length; i++) {
      var next = AuditChain.next(at, line("k1", "app.create", "why"));
      lines.add(next);
      at = Position.of(next);
    }
    return lines;
  }

  private static AuditEntry line(String actor, String action, String reason) {
    var none = AuditChain.START.hash();
    return new AuditEntry(
        0,
        NOON,
        actor,
        "a name",
        "127.0.0.1",
        action,
        AppId.of("com.example.app"),
        "apps/com.example.app",
        reason,
        null,
        null,
        Digest.sha256(new byte[0]),
        none,
        none);
  }

  private static AuditEntry chained(AuditEntry line, long seq, Digest previous, Digest hash) {
    return new AuditEntry(
        seq,
        line.at(),
        line.actor(),
        line.actorName(),
        line.origin(),
        line.action(),
        line.appId(),
        line.subject(),
        line.reason(),
        line.problem(),
        line.before(),
        line.after(),
        previous,
        hash);
  }
}
