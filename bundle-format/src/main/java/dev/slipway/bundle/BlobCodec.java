package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.COMMITMENT;
import static dev.slipway.bundle.BundleException.Reason.TAG;
import static dev.slipway.bundle.BundleException.Reason.TRUNCATED;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * C2SP chunked encryption with AES-256-GCM, streaming in constant memory.
 *
 * <p>Each chunk is one {@code doFinal}, so that no byte leaves before its tag has been verified.
 * The last chunk is shorter than all others, possibly empty: the end is part of what is
 * authenticated.
 */
final class BlobCodec {

  private static final byte[] LABEL =
      "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0".getBytes(StandardCharsets.US_ASCII);
  private static final int AES_KEY = 32;
  private static final int NONCE = 12;
  private static final int COMMITMENT_BYTES = 32;

  private final SecretKeySpec key;
  private final byte[] baseNonce;
  private final byte[] commitment;
  private final Cipher cipher;

  private BlobCodec(Secret secret, byte[] salt, byte[] context) throws GeneralSecurityException {
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    info.writeBytes(LABEL);
    info.writeBytes(salt);
    info.writeBytes(context);
    byte[] okm = Hkdf.expand(secret, info.toByteArray(), AES_KEY + NONCE + COMMITMENT_BYTES);
    key = new SecretKeySpec(okm, 0, AES_KEY, "AES");
    baseNonce = Arrays.copyOfRange(okm, AES_KEY, AES_KEY + NONCE);
    commitment = Arrays.copyOfRange(okm, AES_KEY + NONCE, okm.length);
    cipher = Cipher.getInstance("AES/GCM/NoPadding");
  }

  /** Seals all bytes of a stream and says which blob they have become. */
  static Blob seal(
      InputStream plain, OutputStream sealed, Secret secret, byte[] salt, byte[] context)
      throws IOException {
    if (salt.length != KeySchedule.SALT) {
      throw new IllegalArgumentException("a salt has " + KeySchedule.SALT + " bytes");
    }
    try {
      BlobCodec codec = new BlobCodec(secret, salt, context);
      DigestOutputStream out = new DigestOutputStream(sealed, Digest.newSha256());
      out.write(salt);
      out.write(codec.commitment);
      byte[] chunk = new byte[Blob.PLAIN_CHUNK];
      byte[] ciphertext = new byte[Blob.FULL_CHUNK];
      long size = Blob.HEADER;
      int length;
      long number = 0;
      do {
        length = plain.readNBytes(chunk, 0, chunk.length);
        int written = codec.chunk(Cipher.ENCRYPT_MODE, number++, chunk, length, ciphertext);
        out.write(ciphertext, 0, written);
        size += written;
      } while (length == chunk.length);
      return new Blob(Digest.of(out.getMessageDigest().digest()), size);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  /**
   * Opens a blob and returns how many plain bytes it held. Each chunk is handed on as soon as it is
   * authentic; what was written is a whole file only once this returns.
   *
   * @throws BundleException if the key, the context or any bit of the blob is wrong
   */
  static long open(InputStream sealed, OutputStream plain, Secret secret, byte[] context)
      throws IOException {
    byte[] header = sealed.readNBytes(Blob.HEADER);
    if (header.length < Blob.HEADER) {
      throw new BundleException(TRUNCATED).with("bytes", header.length);
    }
    try {
      byte[] salt = Arrays.copyOf(header, KeySchedule.SALT);
      BlobCodec codec = new BlobCodec(secret, salt, context);
      byte[] claimed = Arrays.copyOfRange(header, KeySchedule.SALT, Blob.HEADER);
      if (!MessageDigest.isEqual(codec.commitment, claimed)) {
        throw new BundleException(COMMITMENT);
      }
      byte[] chunk = new byte[Blob.FULL_CHUNK];
      byte[] opened = new byte[Blob.PLAIN_CHUNK];
      long total = 0;
      int length;
      long number = 0;
      do {
        length = sealed.readNBytes(chunk, 0, chunk.length);
        if (length < Blob.TAG) {
          throw new BundleException(TRUNCATED).with("chunk", number);
        }
        int written = codec.chunk(Cipher.DECRYPT_MODE, number++, chunk, length, opened);
        plain.write(opened, 0, written);
        total += written;
      } while (length == chunk.length);
      return total;
    } catch (AEADBadTagException e) {
      throw new BundleException(TAG, e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  private int chunk(int mode, long number, byte[] input, int length, byte[] output)
      throws GeneralSecurityException {
    byte[] nonce = baseNonce.clone();
    for (int i = 0; i < Long.BYTES; i++) {
      nonce[NONCE - 1 - i] ^= (byte) (number >>> (8 * i));
    }
    cipher.init(mode, key, new GCMParameterSpec(8 * Blob.TAG, nonce));
    return cipher.doFinal(input, 0, length, output, 0);
  }
}
