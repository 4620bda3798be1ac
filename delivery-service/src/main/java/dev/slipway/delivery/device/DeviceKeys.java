package dev.slipway.delivery.device;

import dev.slipway.contracts.DeviceId;

/// The 64-bit hashes that stand for a device of an app, for a version and for a channel in the
/// tables per device. Not for secrets, but seeded: who may choose device ids cannot choose where
/// they fall.
///
/// @param seed secret, and the same as long as tables made with it are used
public record DeviceKeys(long seed) {

  private static final int UUID_CHARS = 36;
  private static final long FACTOR = 0x9e37_79b9_7f4a_7c15L;

  /// Of a device of an app. Four sums side by side, because a processor does not wait for one to
  /// add to the others; over nine hex digits each of them is as good as unique.
  ///
  /// @param app [#app]
  public long device(long app, DeviceId device) {
    var text = device.text();
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (int i = 0; i < UUID_CHARS; i += 4) {
      a = a * FACTOR + text.charAt(i);
      b = b * FACTOR + text.charAt(i + 1);
      c = c * FACTOR + text.charAt(i + 2);
      d = d * FACTOR + text.charAt(i + 3);
    }
    return mix(mix((seed ^ app) + (a ^ Long.rotateLeft(b, 32))) + (c ^ Long.rotateLeft(d, 32)));
  }

  /// Of an app's id, to be kept.
  public static long app(String id) {
    return text(id);
  }

  /// Of a version or a channel. 30 bits, so that a mistake of one version for another of the same
  /// device has a chance of a billionth.
  public static int name(String text) {
    return (int) (text(text) >>> 34);
  }

  private static long text(String text) {
    long hash = 0x9e37_79b9_7f4a_7c15L;
    for (int i = 0; i < text.length(); i++) hash = hash * 0x0000_0100_0000_01b3L + text.charAt(i);
    return mix(hash);
  }

  /// A 64-bit mixer (Stafford's variant 13 of the finaliser of MurmurHash3).
  static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
    return z ^ (z >>> 31);
  }
}
