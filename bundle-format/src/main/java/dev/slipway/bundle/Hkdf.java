package dev.slipway.bundle;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * HKDF-Expand with SHA-512 (RFC 5869, section 2.3) over the JDK's HMAC. The JDK's own HKDF refuses
 * keys that are shorter than the hash, and BouncyCastle's costs five times as much, three times for
 * each file. Keeps its HMAC, which is dear to make anew for each of thousands of files. For one
 * thread.
 */
final class Hkdf {

  private static final String HMAC = "HmacSHA512";
  private static final int HASH = 64;

  private final Mac hmac;

  Hkdf() {
    try {
      hmac = Mac.getInstance(HMAC);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC with SHA-512", e);
    }
  }

  static byte[] expand(Secret key, byte[] info, int length) {
    return new Hkdf().derive(key, info, length);
  }

  byte[] derive(Secret key, byte[] info, int length) {
    if (length > 255 * HASH) {
      throw new IllegalArgumentException("HKDF gives at most " + 255 * HASH + " bytes");
    }
    try {
      hmac.init(new SecretKeySpec(key.bytes(), HMAC));
      byte[] output = new byte[length];
      byte[] block = new byte[0];
      for (int done = 0, number = 1; done < length; done += block.length, number++) {
        hmac.update(block);
        hmac.update(info);
        hmac.update((byte) number);
        block = hmac.doFinal();
        System.arraycopy(block, 0, output, done, Math.min(block.length, length - done));
      }
      return output;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC with SHA-512", e);
    }
  }

  /** The texts and bytes in a row, with a zero byte between each two of them. */
  static byte[] zeroSeparated(Object... parts) {
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    for (int i = 0; i < parts.length; i++) {
      if (i > 0) {
        info.write(0);
      }
      Object part = parts[i];
      info.writeBytes(
          part instanceof byte[] bytes ? bytes : part.toString().getBytes(StandardCharsets.UTF_8));
    }
    return info.toByteArray();
  }
}
