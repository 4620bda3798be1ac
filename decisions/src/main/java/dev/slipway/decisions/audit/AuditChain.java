package dev.slipway.decisions.audit;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.audit.AuditEntry;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The hash chain of the audit. A line's hash is SHA-256 over {@code "slipway/1 audit"} and its
 * members in the order of {@link AuditEntry}, its own hash left out, each as four bytes of length
 * (big-endian, -1 where absent) and UTF-8; numbers in decimals, times in milliseconds since 1970,
 * digests as their text. Pure.
 */
public final class AuditChain {

  private static final byte[] CONTEXT = "slipway/1 audit".getBytes(StandardCharsets.UTF_8);

  /** Where an empty audit stands. */
  public static final Position START = new Position(0, Digest.sha256(CONTEXT));

  private AuditChain() {}

  /**
   * How far a chain reaches.
   *
   * @param seq its last line, 0 where there is none
   * @param hash that line's hash
   */
  public record Position(long seq, Digest hash) {

    static Position of(AuditEntry entry) {
      return new Position(entry.seq(), entry.hash());
    }
  }

  /** What one more line means for a chain. */
  public sealed interface Step permits Step.Follows, Step.Broken {

    record Follows(Position to) implements Step {}

    /**
     * @param seq the line that is wrong or missing
     */
    record Broken(long seq, String fault) implements Step {}
  }

  /** The line that follows, from what it says. */
  public static AuditEntry next(Position from, AuditEntry unchained) {
    AuditEntry numbered = with(unchained, from.seq() + 1, from.hash(), from.hash());
    return with(numbered, numbered.seq(), numbered.previous(), hash(numbered));
  }

  /** Whether the line follows. */
  public static Step follow(Position from, AuditEntry entry) {
    if (entry.seq() != from.seq() + 1) {
      return new Step.Broken(
          from.seq() + 1, "line " + (from.seq() + 1) + " is missing: " + entry.seq() + " is next");
    }
    if (!entry.hash().equals(hash(entry))) {
      return new Step.Broken(entry.seq(), "line " + entry.seq() + " was altered");
    }
    if (!entry.previous().equals(from.hash())) {
      return new Step.Broken(
          entry.seq(), "line " + entry.seq() + " follows another line than the one before it");
    }
    return new Step.Follows(Position.of(entry));
  }

  static Digest hash(AuditEntry entry) {
    Members members = new Members();
    members.add(Long.toString(entry.seq()));
    members.add(millis(entry.at()));
    members.add(entry.actor());
    members.add(entry.actorName());
    members.add(entry.origin());
    members.add(entry.action());
    members.add(entry.appId() == null ? null : entry.appId().text());
    members.add(entry.subject());
    members.add(entry.reason());
    members.add(entry.problem());
    members.add(entry.before() == null ? null : entry.before().text());
    members.add(entry.after() == null ? null : entry.after().text());
    members.add(entry.previous().text());
    return Digest.sha256(members.bytes());
  }

  private static String millis(Instant instant) {
    return Long.toString(instant.toEpochMilli());
  }

  private static AuditEntry with(AuditEntry entry, long seq, Digest previous, Digest hash) {
    return new AuditEntry(
        seq,
        entry.at(),
        entry.actor(),
        entry.actorName(),
        entry.origin(),
        entry.action(),
        entry.appId(),
        entry.subject(),
        entry.reason(),
        entry.problem(),
        entry.before(),
        entry.after(),
        previous,
        hash);
  }

  private static final class Members {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(512);

    Members() {
      out.writeBytes(CONTEXT);
    }

    void add(@Nullable String member) {
      byte[] text = member == null ? new byte[0] : member.getBytes(StandardCharsets.UTF_8);
      out.writeBytes(ByteBuffer.allocate(4).putInt(member == null ? -1 : text.length).array());
      out.writeBytes(text);
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }
}
