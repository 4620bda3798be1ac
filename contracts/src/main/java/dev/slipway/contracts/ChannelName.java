package dev.slipway.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** The name of a channel within its app, such as "production". */
public record ChannelName(String text) implements Comparable<ChannelName> {

  /**
   * @throws IllegalArgumentException if the text has another shape
   */
  public ChannelName {

    if (text.length() > 64 || !hasShape(text)) {
      throw new IllegalArgumentException(
          "a channel name has 1 to 64 characters: letters, digits, then also . _ -");
    }
  }

  /** Asked with each report, so without a pattern. */
  private static boolean hasShape(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean fits =
          c >= '0' && c <= '9'
              || c >= 'A' && c <= 'Z'
              || c >= 'a' && c <= 'z'
              || i > 0 && (c == '.' || c == '_' || c == '-');
      if (!fits) return false;
    }
    return !text.isEmpty();
  }

  @JsonCreator
  public static ChannelName of(String text) {
    return new ChannelName(text);
  }

  @Override
  public int compareTo(ChannelName other) {
    return text.compareTo(other.text);
  }

  @JsonValue
  @Override
  public String toString() {
    return text;
  }
}
