package dev.slipway.ingest.refusal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;

/// Recognises private keys and key stores that somebody sends by mistake: PEM of every kind, PKCS#8,
/// PKCS#1, SEC 1 and PKCS#12 in DER or base64, Java key stores, private JWKs, age identities, and
/// this suite's own key ring. Looks at shapes only; nothing is decrypted, opened or kept.
public final class SecretMaterial {

  private static final List<byte[]> WORDS =
      List.of(
          ascii("PRIVATE KEY-----"),
          ascii("PRIVATE KEY BLOCK-----"),
          ascii("AGE-SECRET-KEY-1"),
          ascii("PuTTY-User-Key-File-"),
          ascii("slipway-keys/1"));

  private static final Pattern PRIVATE_JWK =
      Pattern.compile("\"(?:d|k)\"\\s*:\\s*\"[A-Za-z0-9_-]{16,}");
  private static final Pattern JWK = Pattern.compile("\"kty\"\\s*:\\s*\"");
  private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/=\\s\"]{64,}");

  private static final byte[] JAVA_KEY_STORE = {(byte) 0xFE, (byte) 0xED, (byte) 0xFE, (byte) 0xED};
  private static final byte[] JCE_KEY_STORE = {(byte) 0xCE, (byte) 0xCE, (byte) 0xCE, (byte) 0xCE};

  /// A manifest is longer, keys are not: only so much is looked at as one encoded object.
  private static final int LARGEST_STORE = 256 << 10;

  private static final byte SEQUENCE = 0x30;

  private SecretMaterial() {}

  /// Whether these bytes are, or hold in plain sight, a private key.
  public static boolean isIn(byte[] bytes) {
    if (WORDS.stream().anyMatch(word -> contains(bytes, word))) return true;
    if (startsWith(bytes, JAVA_KEY_STORE) || startsWith(bytes, JCE_KEY_STORE)) return true;
    if (bytes.length > LARGEST_STORE) return false;
    if (isSecretDer(bytes)) return true;
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (JWK.matcher(text).find() && PRIVATE_JWK.matcher(text).find()) return true;
    return BASE64.matcher(text).matches() && isSecretDer(base64(text));
  }

  private static boolean isSecretDer(byte[] der) {
    // A key store has at least a length of two bytes.
    if (der.length < 32 || der[0] != SEQUENCE) return false;
    try {
      if (!(ASN1Primitive.fromByteArray(der) instanceof ASN1Sequence sequence)) return false;
      return sequence.size() >= 2
          && isSecret(sequence.getObjectAt(0), sequence.getObjectAt(1), sequence.size());
    } catch (java.io.IOException | RuntimeException e) {
      // The parser has many ways to fail on hostile bytes, and what it cannot read is no key.
      return false;
    }
  }

  private static boolean isSecret(ASN1Encodable first, ASN1Encodable second, int size) {
    if (first instanceof ASN1Integer version) {
      if (second instanceof ASN1Sequence inner) {
        // PKCS#12 is a version and some data; PKCS#8 a version and an algorithm.
        boolean object =
            inner.size() >= 1 && inner.getObjectAt(0) instanceof ASN1ObjectIdentifier;
        return object && (version.hasValue(3) || version.hasValue(0) || version.hasValue(1));
      }
      // SEC 1, then PKCS#1.
      return second instanceof ASN1OctetString && version.hasValue(1)
          || second instanceof ASN1Integer && version.hasValue(0) && size >= 9;
    }
    // PKCS#8 under a password.
    return first instanceof ASN1Sequence algorithm
        && size == 2
        && second instanceof ASN1OctetString
        && algorithm.size() >= 1
        && algorithm.getObjectAt(0) instanceof ASN1ObjectIdentifier kind
        && (kind.on(new ASN1ObjectIdentifier("1.2.840.113549.1.5"))
            || kind.on(PKCSObjectIdentifiers.pkcs_12PbeIds));
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text.replaceAll("[\\s\"]", ""));
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static boolean contains(byte[] bytes, byte[] word) {
    int last = bytes.length - word.length;
    for (int i = 0; i <= last; i++) {
      if (bytes[i] == word[0]
          && Arrays.equals(bytes, i, i + word.length, word, 0, word.length)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
