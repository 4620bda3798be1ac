package dev.slipway.bundle;

import java.util.Base64;

/**
 * Base64url without padding, read strictly: one text for each byte string, so that no bit of a text
 * can change without changing what it says.
 */
final class Base64Url {

  private Base64Url() {}

  static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /**
   * @throws IllegalArgumentException for padding, another alphabet, white space, or trailing bits
   *     that are not zero
   */
  static byte[] decode(String text) {
    if (text.indexOf('=') >= 0) {
      throw new IllegalArgumentException("base64url stands without padding here");
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("this is not base64url", e);
    }
    // The JDK ignores trailing bits, and it reads characters beyond Latin-1 as '?', which it
    // refuses; writing the bytes anew shows every other difference.
    if (!encode(bytes).equals(text)) {
      throw new IllegalArgumentException("trailing bits of base64url must be zero");
    }
    return bytes;
  }
}
