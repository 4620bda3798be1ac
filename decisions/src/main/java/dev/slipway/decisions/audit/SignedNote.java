package dev.slipway.decisions.audit;

import dev.slipway.bundle.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/**
 * A text with an Ed25519 signature, as c2sp.org/signed-note v1 lays it out: the text, an empty
 * line, and {@code — name base64(key id, signature)}.
 */
public final class SignedNote {

  /** The most that is read, in characters. */
  public static final int MAX_LENGTH = 16 << 10;

  private static final byte ED25519 = 1;
  private static final int KEY_ID = 4;
  private static final int SIGNATURE = 64;

  private SignedNote() {}

  /**
   * Whoever signs notes, as everybody may know it.
   *
   * @param name no spaces, no plus signs
   */
  public record Verifier(String name, Ed25519PublicKeyParameters key) {

    public Verifier {
      if (name.isEmpty() || !name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '+')) {
        throw new IllegalArgumentException("a note's key has a name without spaces and plus signs");
      }
    }

    /**
     * Reads {@code name+id+base64}.
     *
     * @throws IllegalArgumentException if the text is no such key, or its id another's
     */
    public static Verifier parse(String text) {
      String[] parts = text.strip().split("\\+", 3);
      if (parts.length == 3) {
        byte[] key = Base64.getDecoder().decode(parts[2]);
        if (key.length == 1 + Ed25519PublicKeyParameters.KEY_SIZE && key[0] == ED25519) {
          Verifier verifier = new Verifier(parts[0], new Ed25519PublicKeyParameters(key, 1));
          if (verifier.text().equals(text.strip())) return verifier;
        }
      }
      throw new IllegalArgumentException("a verifier key looks like name+id+base64");
    }

    /** {@code name+id+base64}. */
    public String text() {
      return name
          + "+"
          + HexFormat.of().formatHex(id())
          + "+"
          + Base64.getEncoder().encodeToString(typed());
    }

    byte[] id() {
      byte[] typed = typed();
      byte[] bytes = (name + "\n").getBytes(StandardCharsets.UTF_8);
      byte[] named = Arrays.copyOf(bytes, bytes.length + typed.length);
      System.arraycopy(typed, 0, named, bytes.length, typed.length);
      return Arrays.copyOf(Digest.sha256(named).bytes(), KEY_ID);
    }

    private byte[] typed() {
      byte[] typed = new byte[1 + Ed25519PublicKeyParameters.KEY_SIZE];
      typed[0] = ED25519;
      key.encode(typed, 1);
      return typed;
    }
  }

  /**
   * The note.
   *
   * @param text ends with a line break
   */
  public static String sign(String text, String name, Ed25519PrivateKeyParameters key) {
    if (!text.endsWith("\n")) throw new IllegalArgumentException("a note ends with a line break");
    Ed25519Signer signer = new Ed25519Signer();
    signer.init(true, key);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    signer.update(bytes, 0, bytes.length);
    byte[] signature = signer.generateSignature();
    byte[] id = new Verifier(name, key.generatePublicKey()).id();
    byte[] both = Arrays.copyOf(id, KEY_ID + SIGNATURE);
    System.arraycopy(signature, 0, both, KEY_ID, SIGNATURE);
    return text + "\n— " + name + " " + Base64.getEncoder().encodeToString(both) + "\n";
  }

  /** The text of a note that this key signed, or nothing. */
  public static Optional<String> open(String note, Verifier verifier) {
    int split = note.lastIndexOf("\n\n");
    if (note.length() > MAX_LENGTH || split < 0) return Optional.empty();
    String text = note.substring(0, split + 1);
    String prefix = "— " + verifier.name() + " ";
    boolean signed =
        note.substring(split + 2)
            .lines()
            .filter(line -> line.startsWith(prefix))
            .anyMatch(line -> verifies(text, line.substring(prefix.length()), verifier));
    return signed ? Optional.of(text) : Optional.empty();
  }

  private static boolean verifies(String text, String base64, Verifier verifier) {
    byte[] both;
    try {
      both = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return false;
    }
    if (both.length != KEY_ID + SIGNATURE
        || !Arrays.equals(both, 0, KEY_ID, verifier.id(), 0, KEY_ID)) {
      return false;
    }
    Ed25519Signer check = new Ed25519Signer();
    check.init(false, verifier.key());
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    check.update(bytes, 0, bytes.length);
    return check.verifySignature(Arrays.copyOfRange(both, KEY_ID, both.length));
  }
}
