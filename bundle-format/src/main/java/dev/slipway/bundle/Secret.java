package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

import java.security.MessageDigest;
import java.security.SecureRandom;

/** A secret key of 32 bytes. It never prints itself, and compares in constant time. */
public final class Secret {

  /** The bytes of a secret key. */
  public static final int BYTES = 32;

  private final byte[] key;

  private Secret(byte[] key) {
    this.key = key;
  }

  /** The key that consists of these 32 bytes. */
  public static Secret of(byte[] key) {
    if (key.length != BYTES) {
      throw new IllegalArgumentException("a key has " + BYTES + " bytes, not " + key.length);
    }
    return new Secret(key.clone());
  }

  /**
   * The key written in base64url.
   *
   * @throws BundleException if the text is not 32 bytes of base64url
   */
  public static Secret parse(String base64Url) {
    try {
      return of(Base64Url.decode(base64Url));
    } catch (IllegalArgumentException e) {
      throw new BundleException(KEY_INVALID);
    }
  }

  /** A fresh random key. */
  public static Secret random(SecureRandom random) {
    byte[] key = new byte[BYTES];
    random.nextBytes(key);
    return new Secret(key);
  }

  /** The bytes of the key, as a fresh array. */
  public byte[] bytes() {
    return key.clone();
  }

  /** The key in base64url, for the files that keep keys and for nothing else. */
  public String reveal() {
    return Base64Url.encode(key);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && MessageDigest.isEqual(key, secret.key);
  }

  @Override
  public int hashCode() {
    // A hash would say something about the key; secrets are not looked up in tables.
    return 0;
  }

  /** Says that there is a key, and nothing about it. */
  @Override
  public String toString() {
    return "Secret[redacted]";
  }
}
