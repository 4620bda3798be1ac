package dev.slipway.bundle;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;

/** Damage of every kind, from a seed. */
final class Hostile {

  private Hostile() {}

  /** The bytes, with a few of them changed, cut out, doubled or moved. */
  static byte[] damaged(byte[] bytes, Random random) {
    byte[] damaged = bytes.clone();
    int times = 1 + random.nextInt(3);
    for (int i = 0; i < times && damaged.length > 1; i++) {
      int from = random.nextInt(damaged.length);
      int to = Math.min(damaged.length, from + 1 + random.nextInt(40));
      switch (random.nextInt(5)) {
        case 0 -> damaged[from] = (byte) random.nextInt(256);
        case 1 -> damaged = joined(damaged, 0, from, to, damaged.length);
        case 2 -> damaged = joined(damaged, 0, to, from, damaged.length);
        case 3 -> damaged = Arrays.copyOf(damaged, from);
        default -> {
          int source = random.nextInt(damaged.length - (to - from) + 1);
          System.arraycopy(damaged.clone(), source, damaged, from, to - from);
        }
      }
    }
    return damaged;
  }

  private static byte[] joined(byte[] bytes, int from1, int to1, int from2, int to2) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    joined.write(bytes, from1, to1 - from1);
    joined.write(bytes, from2, to2 - from2);
    return joined.toByteArray();
  }
}
