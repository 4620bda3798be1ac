package dev.slipway.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The id of one rollout, unique in the installation: a UUID in lower case. */
public record RolloutId(String text) implements Comparable<RolloutId> {

  private static final int LENGTH = 36;

  /**
   * @throws IllegalArgumentException if the text has another shape
   */
  public RolloutId {
    text = text.toLowerCase(Locale.ROOT);
    if (!isValid(text)) {
      throw new IllegalArgumentException("a rollout id is a UUID");
    }
  }

  /** Whether the text is one; asked with each report, so without a pattern. */
  private static boolean isValid(String text) {
    if (text.length() != LENGTH) return false;
    for (int i = 0; i < LENGTH; i++) {
      char c = text.charAt(i);
      boolean fits =
          switch (i) {
            case 8, 13, 18, 23 -> c == '-';
            default -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f';
          };
      if (!fits) return false;
    }
    return true;
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
