package dev.slipway.decisions;

import dev.slipway.contracts.DeviceId;
import java.util.Base64;

/**
 * Counts distinct devices in a fixed, small space, about 2 % exact: the HyperLogLog registers that
 * {@code fleet-sizes} carries. Sketches of several instances are merged; their counts must not be
 * added up, because devices move between instances.
 *
 * <p>Sources: Flajolet, Fusy, Gandouet, Meunier 2007, "HyperLogLog: the analysis of a near-optimal
 * cardinality estimation algorithm"; with 64 bits of hash its correction for large counts falls
 * away.
 *
 * <p>{@link #add} may be called by several threads at once and takes no lock: a lost race forgets a
 * device until it is added again.
 */
public final class DeviceSketch {

  private static final int USUAL_BITS = 11;
  private static final int LEAST_BITS = 4;
  private static final int MOST_BITS = 16;

  private final byte[] registers;
  private final int bits;

  /** An empty one of 2,048 registers, with a standard error of 2.3 %. */
  public DeviceSketch() {
    this(new byte[1 << USUAL_BITS]);
  }

  private DeviceSketch(byte[] registers) {
    this.registers = registers;
    this.bits = Integer.numberOfTrailingZeros(registers.length);
  }

  /**
   * @param registers as {@link #registers()} gives them
   * @throws IllegalArgumentException for anything else
   */
  public static DeviceSketch of(String registers) {
    byte[] bytes = Base64.getUrlDecoder().decode(registers);
    if (Integer.bitCount(bytes.length) != 1
        || bytes.length < 1 << LEAST_BITS
        || bytes.length > 1 << MOST_BITS) {
      throw new IllegalArgumentException(
          "the registers of a sketch are a power of 2, from 16 to 65,536");
    }
    for (byte rank : bytes) {
      if (rank < 0 || rank > Long.SIZE) {
        throw new IllegalArgumentException("a register is between 0 and 64");
      }
    }
    return new DeviceSketch(bytes);
  }

  /** Whether the device may have changed the count. */
  public boolean add(DeviceId device) {
    long hash = hash(device.text());
    int register = (int) (hash >>> Long.SIZE - bits);
    byte rank = (byte) (Long.numberOfLeadingZeros(hash << bits | 1L << bits - 1) + 1);
    if (registers[register] >= rank) return false;
    registers[register] = rank;
    return true;
  }

  /**
   * Takes in what another sketch has seen.
   *
   * @throws IllegalArgumentException if it has another number of registers
   */
  public void merge(DeviceSketch other) {
    if (other.registers.length != registers.length) {
      throw new IllegalArgumentException("sketches of different size cannot be merged");
    }
    for (int i = 0; i < registers.length; i++) {
      if (other.registers[i] > registers[i]) registers[i] = other.registers[i];
    }
  }

  /** How many distinct devices were added, estimated. */
  public long count() {
    double sum = 0;
    int empty = 0;
    for (byte rank : registers) {
      sum += 1.0 / (1L << Math.min(rank, 62));
      if (rank == 0) empty++;
    }
    double size = registers.length;
    double estimate = bias(registers.length) * size * size / sum;
    // Few devices are told better by the registers that none of them has touched.
    return estimate <= 2.5 * size && empty > 0
        ? Math.round(size * Math.log(size / empty))
        : Math.round(estimate);
  }

  /** As it travels: base64url without padding. */
  public String registers() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(registers);
  }

  private static double bias(int registers) {
    return switch (registers) {
      case 16 -> 0.673;
      case 32 -> 0.697;
      case 64 -> 0.709;
      default -> 0.7213 / (1 + 1.079 / registers);
    };
  }

  /** The same on every machine; a device's id has its randomness in any of its digits. */
  static long hash(String id) {
    long hash = 0;
    for (int i = 0; i < id.length(); i++) hash = hash * 0x100000001b3L + id.charAt(i);
    return mixed(mixed(hash) + id.length());
  }

  /** The finaliser of SplittableRandom (Steele, Lea, Flood 2014). */
  private static long mixed(long value) {
    long z = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
