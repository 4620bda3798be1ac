package dev.slipway.decisions;

import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Condition.AttributeIn;
import dev.slipway.contracts.rollout.Condition.CustomIdIn;
import dev.slipway.contracts.rollout.Condition.NativeVersion;
import dev.slipway.contracts.rollout.Condition.OsVersion;
import dev.slipway.contracts.rollout.Condition.PlatformIn;
import dev.slipway.contracts.rollout.Condition.PluginVersion;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which devices a rollout is meant for: the one evaluator of {@link Condition}s, for answers to
 * devices, for previews and for simulations. All conditions must hold; without any, every device is
 * meant. What a device does not tell, or tells in a shape that is none, meets no condition.
 *
 * <p>An evaluation makes no objects and costs at most {@link #MOST_CONDITIONS} look-ups and
 * comparisons of short texts. Immutable and thread-safe.
 */
public final class Targeting {

  /** A plan has no more conditions than this. */
  public static final int MOST_CONDITIONS = 20;

  /** A condition names no more values than this. */
  public static final int MOST_VALUES = 100;

  /** A value, or the key of an attribute, has no more characters than this. */
  public static final int MAX_TEXT = 128;

  /** No conditions. */
  public static final Targeting EVERYBODY = new Targeting(new Check[0], false);

  /** What a device says of itself. Each answer may be asked for several times. */
  public interface Device {
    Platform platform();

    /** Of the app as the store delivered it. */
    @Nullable String nativeVersion();

    @Nullable String osVersion();

    /** Of the stock plugin, or of the agent. */
    @Nullable String pluginVersion();

    /** What the app calls the device. */
    @Nullable String customId();

    /** What an agent sends under this key. */
    @Nullable String attribute(String key);
  }

  /**
   * Why conditions cannot be used.
   *
   * @param pointer to the member at fault, a JSON pointer into the list of conditions
   * @param cause what is wrong and what is due there
   */
  public record Fault(String pointer, String cause) {}

  private final Check[] checks;
  private final boolean readsMoreThanSizes;

  private Targeting(Check[] checks, boolean readsMoreThanSizes) {
    this.checks = checks;
    this.readsMoreThanSizes = readsMoreThanSizes;
  }

  /**
   * @throws IllegalArgumentException if they have a {@link #fault}
   */
  public static Targeting of(List<Condition> conditions) {
    if (conditions.isEmpty()) return EVERYBODY;
    fault(conditions)
        .ifPresent(
            it -> {
              throw new IllegalArgumentException(it.pointer() + ": " + it.cause());
            });
    boolean more = false;
    var checks = new Check[conditions.size()];
    for (int i = 0; i < checks.length; i++) {
      checks[i] = check(conditions.get(i));
      more |= !(checks[i] instanceof OnPlatform || checks[i] instanceof NativeInRange);
    }
    return new Targeting(checks, more);
  }

  /** The first thing that is wrong with these conditions. */
  public static Optional<Fault> fault(List<Condition> conditions) {
    if (conditions.size() > MOST_CONDITIONS) {
      return fault("/" + MOST_CONDITIONS, "at most " + MOST_CONDITIONS + " conditions");
    }
    for (int i = 0; i < conditions.size(); i++) {
      var found = fault("/" + i, conditions.get(i));
      if (found.isPresent()) return found;
    }
    return Optional.empty();
  }

  /** Whether the device is meant. */
  public boolean includes(Device device) {
    for (Check check : checks) {
      if (!check.holds(device)) return false;
    }
    return true;
  }

  /**
   * Whether devices of this platform and native version are meant, as far as that alone tells:
   * conditions on anything else are taken to hold.
   */
  public boolean mayInclude(Platform platform, String nativeVersion) {
    for (Check check : checks) {
      if (check instanceof OnPlatform on && !on.holds(platform)) return false;
      if (check instanceof NativeInRange in && !in.range.contains(nativeVersion)) return false;
    }
    return true;
  }

  /** Whether there are conditions that {@link #mayInclude} takes to hold. */
  public boolean readsMoreThanSizes() {
    return readsMoreThanSizes;
  }

  private static Optional<Fault> fault(String at, Condition condition) {
    if (condition instanceof PlatformIn it) {
      return it.in().isEmpty() ? fault(at + "/in", "at least one platform") : Optional.empty();
    }
    if (condition instanceof NativeVersion it) return rangeFault(at, it.from(), it.below());
    if (condition instanceof OsVersion it) return rangeFault(at, it.from(), it.below());
    if (condition instanceof PluginVersion it) return rangeFault(at, it.from(), it.below());
    if (condition instanceof CustomIdIn it) return valuesFault(at, it.in());
    if (condition instanceof AttributeIn it) {
      return isText(it.key())
          ? valuesFault(at, it.in())
          : fault(at + "/key", "1 to " + MAX_TEXT + " characters");
    }
    throw new IllegalStateException("an unknown condition");
  }

  private static Optional<Fault> rangeFault(
      String at, @Nullable String from, @Nullable String below) {
    if (from == null && below == null) {
      return fault(at, "a range has a lower end (from), an upper end (below), or both");
    }
    if (from != null && !VersionOrder.isVersion(from)) return versionFault(at + "/from");
    if (below != null && !VersionOrder.isVersion(below)) return versionFault(at + "/below");
    return from != null && below != null && VersionOrder.compare(from, below) >= 0
        ? fault(at + "/below", "must be above " + from + ", or no version is in the range")
        : Optional.empty();
  }

  private static Optional<Fault> versionFault(String at) {
    return fault(at, "a version: numbers separated by dots, such as 17.4 or 8.51.23-beta.1");
  }

  private static Optional<Fault> valuesFault(String at, Set<String> values) {
    if (values.isEmpty() || values.size() > MOST_VALUES) {
      return fault(at + "/in", "1 to " + MOST_VALUES + " values");
    }
    return values.stream().allMatch(Targeting::isText)
        ? Optional.empty()
        : fault(at + "/in", "values of 1 to " + MAX_TEXT + " characters");
  }

  private static boolean isText(String text) {
    return !text.isEmpty() && text.length() <= MAX_TEXT;
  }

  private static Optional<Fault> fault(String pointer, String cause) {
    return Optional.of(new Fault(pointer, cause));
  }

  private static Check check(Condition condition) {
    if (condition instanceof PlatformIn it) return new OnPlatform(EnumSet.copyOf(it.in()));
    if (condition instanceof NativeVersion it) {
      return new NativeInRange(new Range(it.from(), it.below()));
    }
    if (condition instanceof OsVersion it) {
      return new InRange(Device::osVersion, new Range(it.from(), it.below()));
    }
    if (condition instanceof PluginVersion it) {
      return new InRange(Device::pluginVersion, new Range(it.from(), it.below()));
    }
    if (condition instanceof CustomIdIn it) return new OneOf(Device::customId, it.in());
    if (condition instanceof AttributeIn it) {
      return new OneOf(device -> device.attribute(it.key()), it.in());
    }
    throw new IllegalStateException("an unknown condition");
  }

  private interface Check {
    boolean holds(Device device);
  }

  private record OnPlatform(EnumSet<Platform> in) implements Check {
    @Override
    public boolean holds(Device device) {
      return holds(device.platform());
    }

    boolean holds(Platform platform) {
      return in.contains(platform);
    }
  }

  private record Range(@Nullable String from, @Nullable String below) {
    boolean contains(@Nullable String version) {
      return version != null
          && VersionOrder.isVersion(version)
          && (from == null || VersionOrder.compare(version, from) >= 0)
          && (below == null || VersionOrder.compare(version, below) < 0);
    }
  }

  private record NativeInRange(Range range) implements Check {
    @Override
    public boolean holds(Device device) {
      return range.contains(device.nativeVersion());
    }
  }

  private record InRange(Function<Device, @Nullable String> member, Range range) implements Check {
    @Override
    public boolean holds(Device device) {
      return range.contains(member.apply(device));
    }
  }

  private record OneOf(Function<Device, @Nullable String> member, Set<String> in) implements Check {
    @Override
    public boolean holds(Device device) {
      String value = member.apply(device);
      return value != null && in.contains(value);
    }
  }
}
