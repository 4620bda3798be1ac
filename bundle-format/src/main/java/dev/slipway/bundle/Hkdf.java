package dev.slipway.bundle;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;

/**
 * HKDF-Expand with SHA-512 (RFC 5869), by BouncyCastle: the JDK's refuses keys that are shorter
 * than the hash.
 */
final class Hkdf {

  private Hkdf() {}

  static byte[] expand(Secret key, byte[] info, int length) {
    HKDFBytesGenerator hkdf = new HKDFBytesGenerator(new SHA512Digest());
    hkdf.init(HKDFParameters.skipExtractParameters(key.bytes(), info));
    byte[] output = new byte[length];
    hkdf.generateBytes(output, 0, length);
    return output;
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
