package dev.slipway.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.regex.Pattern;

/** The id of one rollout, unique in the installation: a UUID in lower case. */
public record RolloutId(String text) implements Comparable<RolloutId> {

  private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  /**
   * @throws IllegalArgumentException if the text has another shape
   */
  public RolloutId {
    text = text.toLowerCase(Locale.ROOT);
    if (text.length() > 36 || !SHAPE.matcher(text).matches()) {
      throw new IllegalArgumentException("a rollout id is a UUID");
    }
  }

  @JsonCreator
  public static RolloutId of(String text) {
    return new RolloutId(text);
  }

  @Override
  public int compareTo(RolloutId other) {
    return text.compareTo(other.text);
  }

  @JsonValue
  @Override
  public String toString() {
    return text;
  }
}
