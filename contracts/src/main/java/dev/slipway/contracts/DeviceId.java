package dev.slipway.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The id that a device gives itself: a UUID, always in lower case (old iOS plugins send upper
 * case).
 */
public record DeviceId(String text) implements Comparable<DeviceId> {

  private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  /**
   * @throws IllegalArgumentException if the text has another shape
   */
  public DeviceId {
    text = text.toLowerCase(Locale.ROOT);
    if (text.length() > 36 || !SHAPE.matcher(text).matches()) {
      throw new IllegalArgumentException("a device id is a UUID");
    }
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
