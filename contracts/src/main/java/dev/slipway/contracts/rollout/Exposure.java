package dev.slipway.contracts.rollout;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;
import java.util.regex.Pattern;

/**
 * A share of the eligible devices, exact to one in a million. Travels as text: {@code "2 %"},
 * {@code "0.05 %"}.
 *
 * @param ppm parts per million, 0 to 1,000,000
 */
public record Exposure(int ppm) implements Reach, Comparable<Exposure> {

  public static final Exposure NONE = new Exposure(0);
  public static final Exposure ALL = new Exposure(1_000_000);

  private static final Pattern SHAPE =
      Pattern.compile("(\\d{1,3}(?:\\.\\d{1,4})?) ?%|(\\d{1,7}) ?ppm");
  private static final int PPM_DIGITS_PER_PERCENT = 4;

  /**
   * @throws IllegalArgumentException outside 0 to 1,000,000
   */
  public Exposure {
    if (ppm < 0 || ppm > 1_000_000) {
      throw new IllegalArgumentException("an exposure is between 0 % and 100 %");
    }
  }

  /**
   * @throws IllegalArgumentException for anything but "2 %", "0.05%" or "500 ppm"
   */
  @JsonCreator
  public static Exposure of(String text) {
    var match = SHAPE.matcher(text.strip());
    if (!match.matches()) {
      throw new IllegalArgumentException(
          "an exposure is written \"2 %\" (up to four decimals), \"500 ppm\" or \"1000 devices\"");
    }
    return match.group(1) != null
        ? new Exposure(
            new BigDecimal(match.group(1)).movePointRight(PPM_DIGITS_PER_PERCENT).intValueExact())
        : new Exposure(Integer.parseInt(match.group(2)));
  }

  @Override
  public int compareTo(Exposure other) {
    return Integer.compare(ppm, other.ppm);
  }

  @JsonValue
  @Override
  public String toString() {
    return BigDecimal.valueOf(ppm, PPM_DIGITS_PER_PERCENT).stripTrailingZeros().toPlainString()
        + " %";
  }
}
