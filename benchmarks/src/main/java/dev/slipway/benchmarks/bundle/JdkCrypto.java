package dev.slipway.benchmarks.bundle;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// The least that sealing or opening so many bytes can cost: AES-256-GCM in pieces of a chunk, and
/// SHA-256 over the plain bytes and over the encrypted ones, by the JDK, in memory.
final class JdkCrypto {

  private static final int CHUNK = 16_384;
  private static final int TAG_BITS = 128;
  private static final int NONCE = 12;

  private final byte[] plain = new byte[CHUNK];
  private final byte[] encrypted = new byte[CHUNK + TAG_BITS / 8];
  private final byte[] opened = new byte[CHUNK];
  private final SecretKeySpec key = new SecretKeySpec(new byte[32], "AES");
  private final Cipher cipher;
  private long nonces;

  JdkCrypto() throws GeneralSecurityException {
    new Random(1).nextBytes(plain);
    cipher = Cipher.getInstance("AES/GCM/NoPadding");
    // So that there is something to open, whatever is measured first.
    encrypt(++nonces);
  }

  byte[] seal(long bytes) throws GeneralSecurityException {
    MessageDigest one = MessageDigest.getInstance("SHA-256");
    MessageDigest two = MessageDigest.getInstance("SHA-256");
    for (long done = 0; done < bytes; done += CHUNK) {
      one.update(plain);
      encrypt(++nonces);
      two.update(encrypted);
    }
    one.update(two.digest());
    return one.digest();
  }

  /// The JDK encrypts only once under one key and nonce.
  private void encrypt(long number) throws GeneralSecurityException {
    byte[] nonce = ByteBuffer.allocate(NONCE).putLong(number).array();
    cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.doFinal(plain, 0, CHUNK, encrypted, 0);
  }

  byte[] open(long bytes) throws GeneralSecurityException {
    MessageDigest one = MessageDigest.getInstance("SHA-256");
    MessageDigest two = MessageDigest.getInstance("SHA-256");
    byte[] nonce = ByteBuffer.allocate(NONCE).putLong(nonces).array();
    for (long done = 0; done < bytes; done += CHUNK) {
      one.update(encrypted);
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.doFinal(encrypted, 0, encrypted.length, opened, 0);
      two.update(opened);
    }
    one.update(two.digest());
    return one.digest();
  }
}
