package dev.slipway.decisions;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.rollout.Exposure;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.random.RandomGenerator;

/**
 * Which devices a rollout reaches first. Each rollout draws a secret salt, which gives every device
 * a bucket between 0 and 999,999; a device is exposed while its bucket is below the exposure. So
 * raising the exposure only adds devices, a device keeps its side, nothing has to be stored, and
 * the cohorts of two rollouts are independent.
 *
 * <p>The share that stays unexposed until the final stage is a rule for plans, held where a plan is
 * accepted, and not known here. Immutable and thread-safe.
 */
public final class Cohort {

  /** Buckets are numbered from 0 to one below this: one each for a millionth of the devices. */
  public static final int BUCKETS = 1_000_000;

  private static final int SALT_BYTES = 16;
  private static final int DEVICE_ID_CHARS = 36;

  /** The update check hashes once per request and must not litter. */
  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private final byte[] salt;

  private Cohort(byte[] salt) {
    this.salt = salt;
  }

  /**
   * @param salt as a channel's state carries it: 16 bytes in base64url
   * @throws IllegalArgumentException for anything else
   */
  public static Cohort of(String salt) {
    byte[] bytes = Base64.getUrlDecoder().decode(salt);
    if (bytes.length != SALT_BYTES) {
      throw new IllegalArgumentException("the salt of a cohort has 16 bytes");
    }
    return new Cohort(bytes);
  }

  /**
   * The salt of a new rollout, in base64url.
   *
   * @param random must not be guessable: who knows the salt knows who is next
   */
  public static String newSalt(RandomGenerator random) {
    byte[] bytes = new byte[SALT_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Whether a rollout with this exposure reaches the device. */
  public boolean exposes(DeviceId device, Exposure exposure) {
    return bucket(device) < exposure.ppm();
  }

  /** The device's place in the order in which a rollout with this salt spreads. */
  public int bucket(DeviceId device) {
    return bucket(salt, device);
  }

  /** The bucket of a device: the first 64 bits of SHA-256(salt ‖ id), scaled to a million. */
  public static int bucket(byte[] salt, DeviceId device) {
    return SCRATCH.get().bucket(salt, device.text());
  }

  private static final class Scratch {
    private final MessageDigest sha256;
    private final byte[] id = new byte[DEVICE_ID_CHARS];
    private final byte[] hash = new byte[32];

    Scratch() {
      try {
        sha256 = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }

    int bucket(byte[] salt, String deviceId) {
      // A device id is 36 ASCII characters in lower case, so its UTF-8 form is these characters.
      for (int i = 0; i < DEVICE_ID_CHARS; i++) id[i] = (byte) deviceId.charAt(i);
      sha256.update(salt);
      sha256.update(id);
      try {
        sha256.digest(hash, 0, hash.length);
      } catch (DigestException e) {
        throw new IllegalStateException("32 bytes hold a SHA-256", e);
      }
      long first = 0;
      for (int i = 0; i < Long.BYTES; i++) first = first << 8 | hash[i] & 0xff;
      // Math.unsignedMultiplyHigh of Java 18, where the second factor is positive.
      return (int) (Math.multiplyHigh(first, BUCKETS) + (first >> 63 & BUCKETS));
    }
  }
}
