package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.OBJECT_TOO_LARGE;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A JWS in compact serialisation (RFC 7515), taken apart and not yet believed: header, payload and
 * signature, each in its one base64url form, with a dot between each two.
 */
record CompactJws(String header, String payload, String signature) {

  static CompactJws parse(String text, int maxCharacters) {
    if (text.length() > maxCharacters) {
      throw new BundleException(OBJECT_TOO_LARGE).with("characters", text.length());
    }
    List<String> parts = List.of(text.split("\\.", -1));
    if (parts.size() != 3) {
      throw new BundleException(ENCODING).with("parts", parts.size());
    }
    CompactJws jws = new CompactJws(parts.get(0), parts.get(1), parts.get(2));
    parts.forEach(CompactJws::decode);
    return jws;
  }

  /** The text of a header and payload with a signature made over both. */
  static String write(byte[] header, byte[] payload, UnaryOperator<byte[]> key) {
    String signed = Base64Url.encode(header) + "." + Base64Url.encode(payload);
    byte[] signature = key.apply(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + Base64Url.encode(signature);
  }

  byte[] headerBytes() {
    return decode(header);
  }

  byte[] payloadBytes() {
    return decode(payload);
  }

  byte[] signatureBytes() {
    return decode(signature);
  }

  /** The bytes that are signed, exactly as received. */
  byte[] signingInput() {
    return (header + "." + payload).getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] decode(String base64Url) {
    try {
      return Base64Url.decode(base64Url);
    } catch (IllegalArgumentException e) {
      throw new BundleException(ENCODING, e);
    }
  }
}
