package dev.slipway.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * The name of one release of an app, compared as an exact string wherever it is offered or
 * reported. {@link #BUILTIN} stands for what the store delivered.
 */
public record Version(String text) implements Comparable<Version> {

  /**
   * @throws IllegalArgumentException if the text has another shape
   */
  public Version {

    if (!isValid(text)) {
      throw new IllegalArgumentException(
          "a version has 1 to 128 characters out of letters, digits and . + _ -");
    }
  }

  /** Whether the text is one; asked with each report, so without a pattern. */
  public static boolean isValid(String text) {
    if (text.length() > 128) return false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean fits =
          c >= '0' && c <= '9'
              || c >= 'A' && c <= 'Z'
              || c >= 'a' && c <= 'z'
              || c == '.'
              || i > 0 && (c == '+' || c == '_' || c == '-');
      if (!fits) return false;
    }
    return !text.isEmpty();
  }

  @JsonCreator
  public static Version of(String text) {
    return new Version(text);
  }

  /** What the app store delivered: no bundle at all. */
  public static final Version BUILTIN = new Version("builtin");

  public boolean isBuiltin() {
    return equals(BUILTIN);
  }

  @Override
  public int compareTo(Version other) {
    return text.compareTo(other.text);
  }

  @JsonValue
  @Override
  public String toString() {
    return text;
  }
}
