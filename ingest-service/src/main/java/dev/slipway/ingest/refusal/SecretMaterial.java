package dev.slipway.ingest.refusal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/// Recognises private keys and key stores that somebody sends by mistake: PEM of every kind,
/// PKCS#8, PKCS#1, SEC 1 and PKCS#12 in DER or base64, Java key stores, private JWKs, age
/// identities, and this suite's own key ring. Looks at shapes only; nothing is decrypted, opened or
/// kept.
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

  private static final int SMALLEST_KEY = 32;
  private static final int SMALLEST_SCALAR = 20;
  private static final int SMALLEST_MODULUS = 64;

  private static final byte INTEGER = 0x02;
  private static final byte OCTETS = 0x04;
  private static final byte OBJECT = 0x06;
  private static final byte SEQUENCE = 0x30;

  /// 1.2.840.113549.1.5 and 1.2.840.113549.1.12.1: encryption under a password.
  private static final byte[] PKCS_5 = HexFormat.of().parseHex("2a864886f70d0105");

  private static final byte[] PKCS_12 = HexFormat.of().parseHex("2a864886f70d010c01");

  private SecretMaterial() {}

  /// Whether these bytes are, or hold in plain sight, a private key.
  public static boolean isIn(byte[] bytes) {
    if (WORDS.stream().anyMatch(word -> contains(bytes, word))) return true;
    if (startsWith(bytes, 0, JAVA_KEY_STORE) || startsWith(bytes, 0, JCE_KEY_STORE)) return true;
    if (bytes.length > LARGEST_STORE) return false;
    if (isSecretDer(bytes)) return true;
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (JWK.matcher(text).find() && PRIVATE_JWK.matcher(text).find()) return true;
    return BASE64.matcher(text).matches() && isSecretDer(base64(text));
  }

  /// Only the first few headers are read, so no nesting costs anything.
  private static boolean isSecretDer(byte[] der) {
    if (der.length < SMALLEST_KEY) return false;
    try {
      int at = enter(der, 0, SEQUENCE);
      if (at < 0) return false;
      if (der[at] == INTEGER && der[at + 1] == 1) {
        byte version = der[at + 2];
        int second = at + 3;
        int inner = enter(der, second, SEQUENCE);
        // PKCS#12 is a version and some data; PKCS#8 a version and an algorithm.
        if (inner >= 0) return der[inner] == OBJECT && (version == 3 || version <= 1);
        // SEC 1, then PKCS#1: a version and a modulus of at least 512 bits.
        return version == 1 && der[second] == OCTETS && der[second + 1] >= SMALLEST_SCALAR
            || version == 0 && der[second] == INTEGER && length(der, second) >= SMALLEST_MODULUS;
      }
      // PKCS#8 under a password.
      int algorithm = enter(der, at, SEQUENCE);
      return algorithm >= 0
          && der[algorithm] == OBJECT
          && (startsWith(der, algorithm + 2, PKCS_5) || startsWith(der, algorithm + 2, PKCS_12));
    } catch (ArrayIndexOutOfBoundsException e) {
      // It ended in the middle of a header.
      return false;
    }
  }

  /// Where the content of an object of this kind begins, or -1.
  private static int enter(byte[] der, int at, byte tag) {
    if (der[at] != tag) return -1;
    int first = der[at + 1] & 0xFF;
    // Short, indefinite, or so many bytes of length.
    return at + 2 + (first <= 0x80 ? 0 : first & 0x7F);
  }

  private static int length(byte[] der, int at) {
    int first = der[at + 1] & 0xFF;
    if (first < 0x80) return first;
    int length = 0;
    for (int i = 0; i < Math.min(first & 0x7F, 3); i++)
      length = length << 8 | der[at + 2 + i] & 0xFF;
    return length;
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text.replaceAll("[\\s\"]", ""));
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static boolean startsWith(byte[] bytes, int at, byte[] prefix) {
    return bytes.length >= at + prefix.length
        && Arrays.equals(bytes, at, at + prefix.length, prefix, 0, prefix.length);
  }

  private static boolean contains(byte[] bytes, byte[] word) {
    int last = bytes.length - word.length;
    for (int i = 0; i <= last; i++) {
      if (bytes[i] == word[0] && Arrays.equals(bytes, i, i + word.length, word, 0, word.length)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
