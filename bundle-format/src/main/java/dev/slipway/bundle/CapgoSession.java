package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CAPGO_OPEN;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.CipherInputStream;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The AES-128-CBC key and IV under which a bundle for the stock Capgo plugin is encrypted: its zip
 * and each of its files under the same two, as the plugin wants it. Immutable.
 *
 * <p>CBC authenticates nothing; that is what the wrapped digests are for, {@link
 * CapgoKeys#wrapDigest}.
 */
public final class CapgoSession {

  private static final int AES_KEY = 16;
  private static final int BLOCK = 16;

  private final byte[] key;
  private final byte[] iv;
  private final String sessionKey;

  private CapgoSession(byte[] key, byte[] iv, String sessionKey) {
    this.key = key;
    this.iv = iv;
    this.sessionKey = sessionKey;
  }

  /** The session that follows from the publisher's keys: for equal content the same one. */
  public static CapgoSession derive(KeyRing keys, Digest content) {
    byte[] keyAndIv = KeySchedule.capgoKeyAndIv(keys.dataKey(), keys.appId(), content);
    return wrapped(keys.capgo(), keyAndIv);
  }

  /** A session of chance, as the Capgo command line makes it. */
  public static CapgoSession random(CapgoKeys keys, SecureRandom random) {
    byte[] keyAndIv = new byte[AES_KEY + BLOCK];
    random.nextBytes(keyAndIv);
    return wrapped(keys, keyAndIv);
  }

  private static CapgoSession wrapped(CapgoKeys keys, byte[] keyAndIv) {
    byte[] key = Arrays.copyOf(keyAndIv, AES_KEY);
    byte[] iv = Arrays.copyOfRange(keyAndIv, AES_KEY, keyAndIv.length);
    Base64.Encoder base64 = Base64.getEncoder();
    String sessionKey = base64.encodeToString(iv) + ":" + base64.encodeToString(keys.wrap(key));
    return new CapgoSession(key, iv, sessionKey);
  }

  /**
   * The session that a device opens with its public key.
   *
   * @param sessionKey {@code base64(IV):base64(RSA-wrapped AES key)}
   * @throws BundleException if it is not one, or if another key wrapped it
   */
  public static CapgoSession open(CapgoPublicKey publicKey, String sessionKey) {
    int colon = sessionKey.indexOf(':');
    if (colon < 0) {
      throw new BundleException(CAPGO_OPEN).with("pointer", "session_key");
    }
    try {
      byte[] iv = Base64.getDecoder().decode(sessionKey.substring(0, colon));
      byte[] wrappedKey = Base64.getDecoder().decode(sessionKey.substring(colon + 1));
      if (iv.length != BLOCK) {
        throw new BundleException(CAPGO_OPEN).with("pointer", "session_key");
      }
      return new CapgoSession(publicKey.unwrap(wrappedKey, AES_KEY), iv, sessionKey);
    } catch (IllegalArgumentException e) {
      throw new BundleException(CAPGO_OPEN, e).with("pointer", "session_key");
    }
  }

  /** The session as an offer carries it. */
  public String sessionKey() {
    return sessionKey;
  }

  /** How many bytes so many plain bytes become. */
  public static long encryptedLength(long plainLength) {
    return (plainLength / BLOCK + 1) * BLOCK;
  }

  /** Encrypts all of the input; neither stream is closed. */
  public void encrypt(InputStream plain, OutputStream target) throws IOException {
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE);
      byte[] buffer = new byte[1 << 16];
      for (int read = plain.read(buffer); read >= 0; read = plain.read(buffer)) {
        byte[] out = cipher.update(buffer, 0, read);
        if (out != null) {
          target.write(out);
        }
      }
      target.write(cipher.doFinal());
    } catch (IllegalBlockSizeException | BadPaddingException e) {
      throw new IllegalStateException("encryption pads by itself", e);
    }
  }

  /**
   * The plain bytes, without any proof that they are the right ones: their digest is. Reading ends
   * with a {@link BundleException} where the input was not encrypted under this session.
   */
  public InputStream decrypt(InputStream encrypted) {
    return new FilterInputStream(new CipherInputStream(encrypted, cipher(Cipher.DECRYPT_MODE))) {

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        try {
          return in.read(buffer, offset, length);
        } catch (IOException e) {
          if (e.getCause() instanceof GeneralSecurityException) {
            throw new BundleException(CAPGO_OPEN, e);
          }
          throw e;
        }
      }
    };
  }

  private Cipher cipher(int mode) {
    try {
      Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
      cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
      return cipher;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES in CBC", e);
    }
  }

  /** Says that there is a session, and nothing about its key. */
  @Override
  public String toString() {
    return "CapgoSession[redacted]";
  }
}
