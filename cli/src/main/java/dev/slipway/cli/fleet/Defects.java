package dev.slipway.cli.fleet;

import dev.slipway.contracts.Version;
import java.util.Map;
import java.util.TreeMap;

/// On which devices which version does not start. Drawn once per device and version from a seed:
/// the same version fails on the same devices every time, as a real defect does.
///
/// @param rates the share of devices on which a version never becomes ready
/// @param otherwise the share for every other version
public record Defects(long seed, Map<String, Double> rates, double otherwise) {

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final double UNIT = 0x1.0p-53;

  public Defects {
    rates = Map.copyOf(rates);
    rates.forEach((_, rate) -> requireShare(rate));
    requireShare(otherwise);
  }

  /// As typed: `1.3.0=0.35`, or `0.002` for all others; may be given several times.
  public static Defects parse(long seed, Iterable<String> texts) {
    Map<String, Double> rates = new TreeMap<>();
    double otherwise = 0;
    for (String text : texts) {
      int equals = text.indexOf('=');
      if (equals < 0) {
        otherwise = share(text);
      } else {
        rates.put(Version.of(text.substring(0, equals)).text(), share(text.substring(equals + 1)));
      }
    }
    return new Defects(seed, rates, otherwise);
  }

  /// Whether this version never becomes ready on this device.
  public boolean strikes(int device, String version) {
    double rate = rates.getOrDefault(version, otherwise);
    long mixed = mix(seed + GOLDEN * (device + 1) ^ mix(version.hashCode()));
    return (mixed >>> 11) * UNIT < rate;
  }

  /// A 64-bit finaliser: near inputs give unrelated outputs.
  static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  private static double share(String text) {
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("a failure rate is written 1.3.0=0.35 or 0.002", e);
    }
  }

  private static void requireShare(double rate) {
    if (!(rate >= 0 && rate <= 1)) {
      throw new IllegalArgumentException("a failure rate is between 0 and 1");
    }
  }
}
