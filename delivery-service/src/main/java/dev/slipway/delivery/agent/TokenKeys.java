package dev.slipway.delivery.agent;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The secrets behind what this service gives to devices and wants to know again: tokens of offers,
/// proofs of enrolment. A text is `TYPE.kid.base64url(payload).base64url(HMAC-SHA-256)`; the MAC
/// covers everything before its dot, so a text of one type is never one of another. The first key
/// makes, all of them recognise: to change it, put the new one in front, and take the old one out
/// when its texts have run out. Immutable and thread-safe.
public final class TokenKeys {

  private static final Pattern NAME = Pattern.compile("[0-9A-Za-z_-]{1,16}");
  private static final int MIN_SECRET = 32;

  /// Longer texts are refused unread.
  private static final int MAX_TEXT = 2048;

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

  private final String newest;
  private final Map<String, SecretKeySpec> keys;

  private TokenKeys(String newest, Map<String, SecretKeySpec> keys) {
    this.newest = newest;
    this.keys = keys;
  }

  /// @param settings `kid:base64url of at least 32 bytes`, the newest first, at most four
  /// @throws IllegalArgumentException if one has another shape; the message does not quote it
  public static TokenKeys of(List<String> settings) {
    if (settings.isEmpty() || settings.size() > 4) {
      throw new IllegalArgumentException("slipway.delivery.token-keys has one to four keys");
    }
    var keys = new LinkedHashMap<String, SecretKeySpec>();
    for (var setting : settings) {
      int colon = setting.indexOf(':');
      var name = colon < 0 ? "" : setting.substring(0, colon).strip();
      byte[] secret = colon < 0 ? new byte[0] : decode(setting.substring(colon + 1).strip());
      if (!NAME.matcher(name).matches() || secret.length < MIN_SECRET) {
        throw new IllegalArgumentException(
            "a key in slipway.delivery.token-keys is written kid:secret, the secret at least 32"
                + " random bytes in base64url");
      }
      if (keys.put(name, new SecretKeySpec(secret, "HmacSHA256")) != null) {
        throw new IllegalArgumentException("two keys in slipway.delivery.token-keys share a name");
      }
    }
    return new TokenKeys(keys.sequencedKeySet().getFirst(), keys);
  }

  /// One key that nobody else has: texts are recognised by this process only.
  public static TokenKeys random(RandomGenerator random) {
    byte[] secret = new byte[MIN_SECRET];
    random.nextBytes(secret);
    return new TokenKeys("own", Map.of("own", new SecretKeySpec(secret, "HmacSHA256")));
  }

  /// @param type a word without a dot
  String make(String type, byte[] payload) {
    var text = type + "." + newest + "." + ENCODER.encodeToString(payload);
    return text + "." + ENCODER.encodeToString(mac(newest, text));
  }

  /// The payload of a text of this type that one of the keys made.
  Optional<byte[]> open(String type, String text) {
    if (text.length() > MAX_TEXT) return Optional.empty();
    int end = text.lastIndexOf('.');
    var parts = text.split("\\.", -1);
    if (parts.length != 4 || !parts[0].equals(type) || !keys.containsKey(parts[1])) {
      return Optional.empty();
    }
    byte[] mac = decode(parts[3]);
    boolean genuine = MessageDigest.isEqual(mac, mac(parts[1], text.substring(0, end)));
    // Base64 has several texts for the same bytes; only the one that was made is known.
    return genuine && parts[3].equals(ENCODER.encodeToString(mac))
        ? Optional.of(decode(parts[2]))
        : Optional.empty();
  }

  private byte[] mac(String kid, String text) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(keys.get(kid));
      return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA-256", e);
    }
  }

  private static byte[] decode(String text) {
    try {
      return DECODER.decode(text);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  /// Names the keys, never their secrets.
  @Override
  public String toString() {
    return "TokenKeys" + keys.keySet();
  }
}
