package dev.slipway.bundle;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What follows from the key, salt and context of one blob (C2SP chunked encryption, AES-256-GCM):
 * the AES key, the nonces of its chunks, and the commitment. For one thread.
 *
 * <p>Each chunk is opened by one {@code doFinal}, so that no byte leaves before its tag has been
 * verified.
 */
final class BlobKey {

  private static final byte[] LABEL =
      "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0".getBytes(StandardCharsets.US_ASCII);
  private static final int AES_KEY = 32;
  private static final int NONCE = 12;
  static final int COMMITMENT = 32;

  /**
   * Encryption goes in steps of so many bytes: the JDK calls the processor's own instructions only
   * once its compiler has met the code some thousand times, and before that takes 100 times as
   * long. In steps of a chunk that would be after 80 MiB.
   */
  static final int STEP = 1 << 10;

  private final SecretKeySpec key;
  private final byte[] baseNonce;
  private final byte[] commitment;
  private final Cipher cipher;

  /**
   * With an HKDF and a cipher that are kept from blob to blob.
   *
   * @param cipher a {@link #newCipher}; belongs to this key until the next one is made with it
   */
  BlobKey(Hkdf hkdf, Cipher cipher, Secret secret, byte[] salt, byte[] context) {
    if (salt.length != KeySchedule.SALT) {
      throw new IllegalArgumentException("a salt has " + KeySchedule.SALT + " bytes");
    }
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    info.writeBytes(LABEL);
    info.writeBytes(salt);
    info.writeBytes(context);
    byte[] okm = hkdf.derive(secret, info.toByteArray(), AES_KEY + NONCE + COMMITMENT);
    key = new SecretKeySpec(okm, 0, AES_KEY, "AES");
    baseNonce = Arrays.copyOfRange(okm, AES_KEY, AES_KEY + NONCE);
    commitment = Arrays.copyOfRange(okm, AES_KEY + NONCE, okm.length);
    this.cipher = cipher;
  }

  static Cipher newCipher() throws GeneralSecurityException {
    return Cipher.getInstance("AES/GCM/NoPadding");
  }

  byte[] commitment() {
    return commitment.clone();
  }

  /** Seals one chunk and returns the length of its ciphertext. */
  int seal(long number, byte[] plain, int from, int length, byte[] sealed, int to)
      throws GeneralSecurityException {
    init(Cipher.ENCRYPT_MODE, number);
    int filled = 0;
    int done = 0;
    for (; length - done > STEP; done += STEP) {
      filled += cipher.update(plain, from + done, STEP, sealed, to + filled);
    }
    return filled + cipher.doFinal(plain, from + done, length - done, sealed, to + filled);
  }

  /**
   * Opens one chunk and returns how many plain bytes it held.
   *
   * @throws javax.crypto.AEADBadTagException if it is not authentic; nothing of it was written then
   */
  int open(long number, byte[] sealed, int from, int length, byte[] plain)
      throws GeneralSecurityException {
    init(Cipher.DECRYPT_MODE, number);
    return cipher.doFinal(sealed, from, length, plain, 0);
  }

  private void init(int mode, long number) throws GeneralSecurityException {
    byte[] nonce = baseNonce.clone();
    for (int i = 0; i < Long.BYTES; i++) {
      nonce[NONCE - 1 - i] ^= (byte) (number >>> (8 * i));
    }
    cipher.init(mode, key, new GCMParameterSpec(8 * Blob.TAG, nonce));
  }
}
