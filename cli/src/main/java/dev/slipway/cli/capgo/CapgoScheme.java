package dev.slipway.cli.capgo;

import dev.slipway.cli.CommandFailure;
import java.util.Base64;
import java.util.regex.Pattern;

/// How a bundle of the Capgo command line is protected. Its checksum tells: 512 hexadecimal digits
/// stand for a wrapped SHA-256 (V3), 344 base64 characters for one of the older command line (V2),
/// 64 hexadecimal digits for a plain SHA-256 and 8 for a CRC32.
public enum CapgoScheme {
  V3("encrypted, V3"),
  V2("encrypted, V2: plugins from 5.30, 6.30, 7.30 and 8.0 on refuse it"),
  PLAIN_SHA256("not encrypted"),
  PLAIN_CRC32("not encrypted, with a CRC32 that plugins from 7.9 on refuse");

  private static final Pattern WRAPPED_HEX = Pattern.compile("[0-9a-f]{512}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern CRC32 = Pattern.compile("[0-9a-f]{8}");
  private static final int RSA_BYTES = 256;
  private static final int AES_BYTES = 16;

  private final String words;

  CapgoScheme(String words) {
    this.words = words;
  }

  public String words() {
    return words;
  }

  public boolean isEncrypted() {
    return switch (this) {
      case V2, V3 -> true;
      case PLAIN_SHA256, PLAIN_CRC32 -> false;
    };
  }

  /// @param sessionKey `base64(IV):base64(wrapped key)`; empty for a plain zip
  /// @throws CommandFailure if the two do not go together, or are none
  public static CapgoScheme of(String sessionKey, String checksum) {
    CapgoScheme scheme = ofChecksum(checksum);
    if (scheme.isEncrypted() && sessionKey.isEmpty()) {
      throw new CommandFailure(
          "This checksum belongs to an encrypted zip: give its --session-key too (`ivSessionKey` of"
              + " `capgo bundle encrypt --json`)");
    }
    if (!scheme.isEncrypted() && !sessionKey.isEmpty()) {
      throw new CommandFailure(
          "An encrypted zip goes with the checksum that `capgo bundle encrypt` printed, not with that"
              + " of the plain zip");
    }
    if (scheme.isEncrypted()) requireSessionKey(sessionKey);
    return scheme;
  }

  private static CapgoScheme ofChecksum(String checksum) {
    if (WRAPPED_HEX.matcher(checksum).matches()) return V3;
    if (SHA256.matcher(checksum).matches()) return PLAIN_SHA256;
    if (CRC32.matcher(checksum).matches()) return PLAIN_CRC32;
    if (isBase64(checksum, RSA_BYTES)) return V2;
    throw new CommandFailure(
        "--checksum is none that the Capgo command line makes: 512 lower-case hexadecimal digits"
            + " (V3), 344 base64 characters (V2), 64 (SHA-256) or 8 (CRC32) hexadecimal digits; this"
            + " has "
            + checksum.length()
            + " characters");
  }

  private static void requireSessionKey(String sessionKey) {
    String[] halves = sessionKey.split(":", -1);
    if (halves.length != 2 || !isBase64(halves[0], AES_BYTES) || !isBase64(halves[1], RSA_BYTES)) {
      // Not repeated: who has the app's public key opens the bundle with it.
      throw new CommandFailure(
          "--session-key is not what `capgo bundle encrypt --json` prints as `ivSessionKey`: base64 of"
              + " 16 bytes, a colon, base64 of 256 bytes");
    }
  }

  private static boolean isBase64(String text, int bytes) {
    if (text.length() != (bytes + 2) / 3 * 4) return false;
    try {
      byte[] decoded = Base64.getDecoder().decode(text);
      return decoded.length == bytes && Base64.getEncoder().encodeToString(decoded).equals(text);
    } catch (IllegalArgumentException _) {
      return false;
    }
  }
}
