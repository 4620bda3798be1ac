package dev.slipway.bundle;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A SHA-256 digest, written as 43 characters of base64url without padding. There is exactly one
 * text for each digest, so equality and order are those of the text; the order is the one in which
 * a manifest lists its blobs.
 *
 * @param text the 43 characters
 */
public record Digest(String text) implements Comparable<Digest> {

  /** The bytes of a digest. */
  public static final int BYTES = 32;

  /** The characters of a digest's text. */
  public static final int CHARACTERS = 43;

  /** Refuses any text but the canonical one with an {@link IllegalArgumentException}. */
  public Digest {
    if (text.length() != CHARACTERS) {
      throw new IllegalArgumentException(
          "a digest has " + CHARACTERS + " base64url characters, not " + text.length());
    }
    Base64Url.decode(text);
  }

  /** The digest that consists of these 32 bytes. */
  public static Digest of(byte[] digest) {
    if (digest.length != BYTES) {
      throw new IllegalArgumentException("a digest has " + BYTES + " bytes, not " + digest.length);
    }
    return new Digest(Base64Url.encode(digest));
  }

  /** The SHA-256 digest of the content. */
  public static Digest sha256(byte[] content) {
    return of(newSha256().digest(content));
  }

  /**
   * The digest that this text writes.
   *
   * @throws IllegalArgumentException if the text has another length, another alphabet, padding, or
   *     trailing bits that are not zero
   */
  public static Digest parse(String text) {
    return new Digest(text);
  }

  /** A fresh SHA-256 computation, for content that comes in pieces. */
  public static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The 32 bytes, as a fresh array. */
  public byte[] bytes() {
    return Base64.getUrlDecoder().decode(text);
  }

  /** The digest as 64 lower-case hexadecimal digits. */
  public String hex() {
    return HexFormat.of().formatHex(bytes());
  }

  @Override
  public int compareTo(Digest other) {
    return text.compareTo(other.text);
  }

  /** The 43 characters. */
  @Override
  public String toString() {
    return text;
  }
}
