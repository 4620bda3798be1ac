package dev.slipway.contracts.rollout;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/**
 * How far a stage is to spread: to a share of the eligible devices, or to a number of them. Travels
 * as text: {@code "2 %"}, {@code "500 ppm"}, {@code "1000 devices"}.
 */
public sealed interface Reach permits Exposure, Reach.Devices {

  /**
   * @throws IllegalArgumentException for any other text
   */
  @JsonCreator
  static Reach of(String text) {
    return Devices.isDevices(text) ? Devices.parse(text) : Exposure.of(text);
  }

  @JsonValue
  @Override
  String toString();

  /**
   * So many devices. Which share that is depends on the size of the fleet when the stage begins.
   *
   * @param count 1 to 1,000,000,000
   */
  record Devices(long count) implements Reach {

    private static final long MOST = 1_000_000_000;
    private static final Pattern SHAPE = Pattern.compile("(\\d{1,10}) ?devices?");

    public Devices {
      if (count < 1 || count > MOST) {
        throw new IllegalArgumentException("a stage has between 1 and " + MOST + " devices");
      }
    }

    private static boolean isDevices(String text) {
      return text.stripTrailing().endsWith("device") || text.stripTrailing().endsWith("devices");
    }

    private static Devices parse(String text) {
      var match = SHAPE.matcher(text.strip());
      if (!match.matches()) {
        throw new IllegalArgumentException("a number of devices is written \"1000 devices\"");
      }
      return new Devices(Long.parseLong(match.group(1)));
    }

    @JsonValue
    @Override
    public String toString() {
      return count == 1 ? "1 device" : count + " devices";
    }
  }
}
