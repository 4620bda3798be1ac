package dev.slipway.decisions;

/**
 * The order of versions as devices name them: of the native app, of its plugin, of the operating
 * system. Numbers separated by dots, as many as one likes, where missing ones count as 0; then
 * optionally {@code -} and pre-release identifiers in the order of semver.org 2.0.0; then
 * optionally {@code +} and whatever, which does not count. {@code 17.4}, {@code 10.0.19045}, {@code
 * 8.51.23-beta.2+abc}.
 *
 * <p>Reads the texts where they stand and makes no objects: it is asked with each update check.
 */
public final class VersionOrder {

  /** Longer texts are no versions. */
  public static final int MAX_LENGTH = 64;

  private VersionOrder() {}

  /** Whether the text is a version. */
  public static boolean isVersion(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH) return false;
    int at = skipNumbers(text);
    if (at < 0) return false;
    if (at < text.length() && text.charAt(at) == '-') {
      at = skipIdentifiers(text, at + 1);
      if (at < 0) return false;
    }
    if (at < text.length() && text.charAt(at) == '+') at = skipIdentifiers(text, at + 1);
    return at == text.length();
  }

  /**
   * Compares two texts of which {@link #isVersion} holds.
   *
   * @return negative, zero or positive
   */
  public static int compare(String one, String other) {
    int i = 0;
    int j = 0;
    boolean more = true;
    boolean otherMore = true;
    while (more || otherMore) {
      int iEnd = more ? endOfDigits(one, i) : i;
      int jEnd = otherMore ? endOfDigits(other, j) : j;
      int order = compareNumbers(one, i, iEnd, other, j, jEnd);
      if (order != 0) return order;
      i = iEnd;
      j = jEnd;
      more = more && i < one.length() && one.charAt(i) == '.';
      otherMore = otherMore && j < other.length() && other.charAt(j) == '.';
      if (more) i++;
      if (otherMore) j++;
    }
    boolean early = i < one.length() && one.charAt(i) == '-';
    boolean otherEarly = j < other.length() && other.charAt(j) == '-';
    if (!early || !otherEarly) return early ? -1 : otherEarly ? 1 : 0;
    return compareIdentifiers(one, i + 1, other, j + 1);
  }

  private static int skipNumbers(String text) {
    int at = 0;
    while (true) {
      int end = endOfDigits(text, at);
      if (end == at) return -1;
      if (end == text.length() || text.charAt(end) != '.') return end;
      at = end + 1;
    }
  }

  private static int skipIdentifiers(String text, int from) {
    int at = from;
    while (true) {
      int end = endOfIdentifier(text, at);
      if (end == at) return -1;
      if (end == text.length() || text.charAt(end) != '.') return end;
      at = end + 1;
    }
  }

  private static int compareIdentifiers(String one, int from, String other, int otherFrom) {
    int i = from;
    int j = otherFrom;
    while (true) {
      int iEnd = endOfIdentifier(one, i);
      int jEnd = endOfIdentifier(other, j);
      int order = compareIdentifier(one, i, iEnd, other, j, jEnd);
      if (order != 0) return order;
      boolean more = iEnd < one.length() && one.charAt(iEnd) == '.';
      boolean otherMore = jEnd < other.length() && other.charAt(jEnd) == '.';
      if (!more || !otherMore) return Boolean.compare(more, otherMore);
      i = iEnd + 1;
      j = jEnd + 1;
    }
  }

  private static int compareIdentifier(
      String one, int from, int to, String other, int otherFrom, int otherTo) {
    boolean number = endOfDigits(one, from) == to;
    boolean otherNumber = endOfDigits(other, otherFrom) == otherTo;
    if (number && otherNumber) return compareNumbers(one, from, to, other, otherFrom, otherTo);
    if (number != otherNumber) return number ? -1 : 1;
    int i = from;
    int j = otherFrom;
    while (i < to && j < otherTo) {
      int order = Character.compare(one.charAt(i++), other.charAt(j++));
      if (order != 0) return order;
    }
    return Integer.compare(to - i, otherTo - j);
  }

  /** Compares digits as numbers of any length; none at all are 0. */
  private static int compareNumbers(
      String one, int from, int to, String other, int otherFrom, int otherTo) {
    int i = skipZeros(one, from, to);
    int j = skipZeros(other, otherFrom, otherTo);
    if (to - i != otherTo - j) return Integer.compare(to - i, otherTo - j);
    while (i < to) {
      int order = Character.compare(one.charAt(i++), other.charAt(j++));
      if (order != 0) return order;
    }
    return 0;
  }

  private static int skipZeros(String text, int from, int to) {
    int at = from;
    while (at < to && text.charAt(at) == '0') at++;
    return at;
  }

  private static int endOfDigits(String text, int from) {
    int at = from;
    while (at < text.length() && isDigit(text.charAt(at))) at++;
    return at;
  }

  private static int endOfIdentifier(String text, int from) {
    int at = from;
    while (at < text.length() && isIdentifier(text.charAt(at))) at++;
    return at;
  }

  private static boolean isIdentifier(char c) {
    return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
