package dev.slipway.cli.fleet;

import dev.slipway.contracts.DeviceId;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.UUID;

/// Who a simulated device is; all of it follows from the fleet's seed and the device's number.
///
/// @param network which of the fleet's networks it is in
public record Identity(int number, DeviceId id, Plugin plugin, Platform platform, int network) {

  /// What the device runs on, as its plugin says it.
  public enum Platform {
    ANDROID("android", "13", "google_play"),
    IOS("ios", "17.5", "app_store");

    final String word;
    final String os;
    final String store;

    Platform(String word, String os, String store) {
      this.word = word;
      this.os = os;
      this.store = store;
    }
  }

  private static final long ID = 1;
  private static final long REST = 2;
  private static final int FIRST_NETWORK = 16;

  static Identity of(long seed, int number, int networks) {
    long drawn = Defects.mix(seed * 31 + Defects.mix(number * 4L + REST));
    int percent = (int) Long.remainderUnsigned(drawn, 100);
    Plugin plugin =
        percent < 78
            ? Plugin.NEWEST
            : percent < 88 ? Plugin.BATCHING_7 : percent < 95 ? Plugin.SINGLE_8 : Plugin.SINGLE_7;
    long high = Defects.mix(seed * 31 + Defects.mix(number * 4L + ID));
    UUID uuid =
        new UUID(
            high & ~0xF000L | 0x4000L, Defects.mix(high) & 0x3FFFFFFFFFFFFFFFL | Long.MIN_VALUE);
    return new Identity(
        number,
        DeviceId.of(uuid.toString()),
        plugin,
        (drawn >>> 40) % 10 < 7 ? Platform.ANDROID : Platform.IOS,
        number % networks);
  }

  /// The source address of a network: each has a /16 of the loopback range to itself.
  static InetAddress address(int network) {
    try {
      return InetAddress.getByAddress(
          new byte[] {127, (byte) (FIRST_NETWORK + network), (byte) (1 + network % 200), 1});
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }
}
