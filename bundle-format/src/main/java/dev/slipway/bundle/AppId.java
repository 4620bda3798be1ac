package dev.slipway.bundle;

/**
 * The id of an application, in the reverse-domain form that app stores use, such as {@code
 * com.example.app}. Letters of either case are allowed and kept as they are; two ids that differ
 * only by case are two ids here, and it is the registration of apps that keeps them apart.
 *
 * @param text the id as written, at most {@value #MAX_LENGTH} ASCII characters
 */
public record AppId(String text) implements Comparable<AppId> {

  /** The most characters that an id may have. */
  public static final int MAX_LENGTH = 128;

  /** Refuses a text that is not an app id with an {@link IllegalArgumentException}. */
  public AppId {
    // The length comes first, so that the pattern never sees a long text.
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "an app id has at most " + MAX_LENGTH + " characters, not " + text.length());
    }
    if (!hasShape(text)) {
      throw new IllegalArgumentException(
          "an app id looks like com.example.app: ASCII letters, digits, '_' and '-' in at least"
              + " two parts separated by dots");
    }
  }

  /**
   * The id that this text writes.
   *
   * @throws IllegalArgumentException if the text is not an app id
   */
  public static AppId of(String text) {
    return new AppId(text);
  }

  /** Whether the text writes an id; asked with each request of a device, so without a pattern. */
  public static boolean isValid(String text) {
    return text.length() <= MAX_LENGTH && hasShape(text);
  }

  private static boolean hasShape(String text) {
    int parts = 0;
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i < text.length() && text.charAt(i) != '.') {
        char c = text.charAt(i);
        boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
        if (!letter && (parts == 0 || c != '_' && c != '-')) return false;
      } else {
        if (i == from) return false;
        parts++;
        from = i + 1;
      }
    }
    return parts > 1;
  }

  @Override
  public int compareTo(AppId other) {
    return text.compareTo(other.text);
  }

  /** The id as written. */
  @Override
  public String toString() {
    return text;
  }
}
