package dev.slipway.bundle;

/**
 * What happens to the bytes of a file before they are encrypted.
 *
 * @param level of zstd, 1 to {@value #MAX_LEVEL}, for each file that it makes smaller; 0 leaves all
 *     files as they are
 * @param pad whether zeros are added up to a Padmé length (at most 12 % more), so that sizes say
 *     less about contents
 */
public record Packing(int level, boolean pad) {

  /** The highest level: those above it need more memory than a device should give. */
  public static final int MAX_LEVEL = 19;

  /** Fast, and close to what the slow levels reach. */
  private static final int DEFAULT_LEVEL = 3;

  /** Compressed where it helps, and padded. */
  public static final Packing DEFAULT = new Packing(DEFAULT_LEVEL, true);

  /** The bytes of each file, as they are. */
  public static final Packing NONE = new Packing(0, false);

  /** Refuses a level that there is not. */
  public Packing {
    if (level < 0 || level > MAX_LEVEL) {
      throw new IllegalArgumentException("a level is between 0 and " + MAX_LEVEL);
    }
  }

  /** The length of so many bytes with their padding. */
  long padded(long length) {
    return pad ? padme(length) : length;
  }

  /**
   * The Padmé length (Nikitin et al., Reducing Metadata Leakage from Encrypted Files, 2019):
   * rounded up so that only as many leading bits may be set as it takes to write down where they
   * are.
   */
  static long padme(long length) {
    if (length < 2) {
      return length;
    }
    int exponent = 63 - Long.numberOfLeadingZeros(length);
    int bitsOfExponent = 32 - Integer.numberOfLeadingZeros(exponent);
    long mask = (1L << (exponent - bitsOfExponent)) - 1;
    return (length + mask) & ~mask;
  }
}
