package dev.slipway.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * The id that a device gives itself: a UUID, always in lower case (old iOS plugins send upper
 * case).
 */
public record DeviceId(String text) implements Comparable<DeviceId> {

  private static final int LENGTH = 36;

  /**
   * @throws IllegalArgumentException if the text has another shape
   */
  public DeviceId {
    text = text.toLowerCase(Locale.ROOT);
    if (!isValid(text)) {
      throw new IllegalArgumentException("a device id is a UUID");
    }
  }

  /** Whether the text is one, in either case; asked with each request, so without a pattern. */
  public static boolean isValid(String text) {
    if (text.length() != LENGTH) return false;
    for (int i = 0; i < LENGTH; i++) {
      char c = text.charAt(i);
      boolean fits =
          switch (i) {
            case 8, 13, 18, 23 -> c == '-';
            default -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
          };
      if (!fits) return false;
    }
    return true;
  }

  @JsonCreator
  public static DeviceId of(String text) {
    return new DeviceId(text);
  }

  @Override
  public int compareTo(DeviceId other) {
    return text.compareTo(other.text);
  }

  @JsonValue
  @Override
  public String toString() {
    return text;
  }
}
