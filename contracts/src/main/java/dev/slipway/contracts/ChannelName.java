package dev.slipway.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/** The name of a channel within its app, such as "production". */
public record ChannelName(String text) implements Comparable<ChannelName> {

  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /**
   * @throws IllegalArgumentException if the text has another shape
   */
  public ChannelName {

    if (text.length() > 64 || !SHAPE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "a channel name has 1 to 64 characters: letters, digits, then also . _ -");
    }
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
