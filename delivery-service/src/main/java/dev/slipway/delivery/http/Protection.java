package dev.slipway.delivery.http;

import dev.slipway.delivery.DeliveryConfig;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.concurrent.ThreadLocalRandom;

/// Keeps single senders from taking what belongs to all, and the service from falling behind its
/// work. What is turned away is told when to come back, at times that differ, so that it does not
/// come back all at once. For any event loop; allocates nothing for what it lets through.
///
/// Reports are never turned away, because an answer of 429 keeps older plugins from reporting until
/// their app is started anew: those above a limit are taken and dropped.
public final class Protection {

  /// What becomes of a request.
  sealed interface Verdict {
    record Pass() implements Verdict {}

    /// @param seconds after which to come back
    record ComeBack(int seconds) implements Verdict {}
  }

  private static final Verdict PASS = new Verdict.Pass();
  private static final int PLACES = 1 << 16;
  private static final int BURST_SECONDS = 10;
  private static final int MOST_SECONDS = 300;
  private static final int SHED_SECONDS = 30;

  private final Pace devices;
  private final Pace networks;
  private final Pace misses;
  private final long maxLagMillis;
  private final long origin = System.nanoTime();
  private final long seed = ThreadLocalRandom.current().nextLong();
  private final Counter ofDevice;
  private final Counter ofNetwork;
  private final Counter ofMisses;
  private final Counter shed;

  public Protection(DeliveryConfig.Limits limits, MeterRegistry meters) {
    devices = pace(limits.devicePerSecond());
    networks = pace(limits.networkPerSecond());
    misses = pace(limits.missesPerSecond());
    maxLagMillis = limits.lag().toMillis();
    ofDevice = meters.counter("slipway.limited", "by", "device");
    ofNetwork = meters.counter("slipway.limited", "by", "network");
    ofMisses = meters.counter("slipway.limited", "by", "misses");
    shed = meters.counter("slipway.limited", "by", "overload");
  }

  private static Pace pace(double perSecond) {
    return new Pace(perSecond, Math.max(1, (int) Math.ceil(perSecond * BURST_SECONDS)), PLACES);
  }

  /// Whether to answer a device's call.
  ///
  /// @param device tells the device from others, more or less
  Verdict admit(Vertx vertx, InetAddress sender, long device) {
    if (isOverloaded(vertx)) return new Verdict.ComeBack(jittered(SHED_SECONDS));
    return within(sender, device);
  }

  /// Whether to answer a call that names no device.
  Verdict admit(Vertx vertx, InetAddress sender) {
    if (isOverloaded(vertx)) return new Verdict.ComeBack(jittered(SHED_SECONDS));
    return ofNetwork(sender, System.nanoTime() - origin);
  }

  private boolean isOverloaded(Vertx vertx) {
    if (!LoopLag.here(vertx).sheds(maxLagMillis)) return false;
    shed.increment();
    return true;
  }

  /// Whether a sender keeps to its limits.
  Verdict within(InetAddress sender, long device) {
    long now = System.nanoTime() - origin;
    long wait = devices.take(mix(device), now);
    if (wait == 0) return ofNetwork(sender, now);
    ofDevice.increment();
    return comeBack(wait);
  }

  private Verdict ofNetwork(InetAddress sender, long now) {
    long wait = networks.take(network(sender), now);
    if (wait == 0) return PASS;
    ofNetwork.increment();
    return comeBack(wait);
  }

  /// Whether a sender that asked for an unknown app may be told so: trying names is slow work.
  Verdict miss(InetAddress sender) {
    long wait = misses.take(network(sender), System.nanoTime() - origin);
    if (wait == 0) return PASS;
    ofMisses.increment();
    return comeBack(wait);
  }

  private static Verdict comeBack(long nanos) {
    return new Verdict.ComeBack(jittered((int) Math.min(MOST_SECONDS, 1 + nanos / 1_000_000_000L)));
  }

  /// Up to half as long again, and at least one second.
  private static int jittered(int seconds) {
    return seconds + ThreadLocalRandom.current().nextInt(1 + seconds / 2 + 1);
  }

  /// The /24 of an IPv4 address, the /48 of an IPv6 one.
  private long network(InetAddress address) {
    byte[] bytes = address.getAddress();
    int length = address instanceof Inet4Address ? 3 : 6;
    long prefix = length;
    for (int i = 0; i < length; i++) prefix = prefix << 8 | bytes[i] & 0xff;
    return mix(prefix);
  }

  private long mix(long key) {
    long z = key ^ seed;
    z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
    return z ^ (z >>> 31);
  }
}
