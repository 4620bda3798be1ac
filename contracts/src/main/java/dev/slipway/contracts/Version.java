package dev.slipway.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/**
 * The name of one release of an app, compared as an exact string wherever it is offered or
 * reported. {@link #BUILTIN} stands for what the store delivered.
 */
public record Version(String text) implements Comparable<Version> {

  private static final Pattern SHAPE = Pattern.compile("[0-9A-Za-z.][0-9A-Za-z.+_-]*");

  /**
   * @throws IllegalArgumentException if the text has another shape
   */
  public Version {

    if (!isValid(text)) {
      throw new IllegalArgumentException(
          "a version has 1 to 128 characters out of letters, digits and . + _ -");
    }
  }

  /** Whether the text is one. */
  public static boolean isValid(String text) {
    return text.length() <= 128 && SHAPE.matcher(text).matches();
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
