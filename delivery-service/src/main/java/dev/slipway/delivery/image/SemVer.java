package dev.slipway.delivery.image;

import java.util.Optional;

/// A semantic version (semver.org 2.0.0), which the barriers of a channel and the features of a
/// plugin are told by. Written by hand because each update check reads two of them.
///
/// @param pre the pre-release identifiers with their dots; empty for a release
public record SemVer(long major, long minor, long patch, String pre) implements Comparable<SemVer> {

  /// What the plugin's server takes "builtin" and "unknown" for.
  public static final SemVer ZERO = of(0, 0, 0);

  private static final int MAX_LENGTH = 128;

  /// So many digits never overflow, and every one of them is exact in the plugin's own language.
  private static final int MAX_DIGITS = 15;

  public static SemVer of(long major, long minor, long patch) {
    return new SemVer(major, minor, patch, "");
  }

  /// A version as the standard writes it.
  public static Optional<SemVer> parse(String text) {
    return new Scan(text).version(3);
  }

  /// The same, where missing parts count as 0 and a word of the plugin's for "no version" as 0.0.0.
  public static Optional<SemVer> coerce(String text) {
    return switch (text) {
      case "builtin", "unknown" -> Optional.of(ZERO);
      default -> new Scan(text).version(1);
    };
  }

  public boolean isAtLeast(SemVer other) {
    return compareTo(other) >= 0;
  }

  @Override
  public int compareTo(SemVer other) {
    int order = Long.compare(major, other.major);
    if (order == 0) order = Long.compare(minor, other.minor);
    if (order == 0) order = Long.compare(patch, other.patch);
    if (order != 0 || pre.equals(other.pre)) return order;
    if (pre.isEmpty()) return 1;
    if (other.pre.isEmpty()) return -1;
    return comparePre(pre.split("\\.", -1), other.pre.split("\\.", -1));
  }

  private static int comparePre(String[] mine, String[] theirs) {
    for (int i = 0; i < Math.min(mine.length, theirs.length); i++) {
      boolean number = isNumber(mine[i]);
      int order;
      if (number != isNumber(theirs[i])) {
        order = number ? -1 : 1;
      } else if (number && mine[i].length() != theirs[i].length()) {
        order = Integer.compare(mine[i].length(), theirs[i].length());
      } else {
        order = mine[i].compareTo(theirs[i]);
      }
      if (order != 0) return order;
    }
    return Integer.compare(mine.length, theirs.length);
  }

  private static boolean isNumber(String identifier) {
    return identifier.chars().allMatch(SemVer::isDigit);
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  @Override
  public String toString() {
    String core = major + "." + minor + "." + patch;
    return pre.isEmpty() ? core : core + "-" + pre;
  }

  private static final class Scan {
    private final String text;
    private int at;

    Scan(String text) {
      this.text = text;
    }

    /// @param required how many of the three numbers must be there
    Optional<SemVer> version(int required) {
      if (text.length() > MAX_LENGTH) return Optional.empty();
      long[] numbers = new long[3];
      for (int i = 0; i < 3; i++) {
        if (i > 0) {
          if (!skip('.')) {
            if (i < required) return Optional.empty();
            break;
          }
        }
        numbers[i] = number();
        if (numbers[i] < 0) return Optional.empty();
      }
      String pre = "";
      if (skip('-')) {
        pre = identifiers(true);
        if (pre.isEmpty()) return Optional.empty();
      }
      if (skip('+') && identifiers(false).isEmpty()) return Optional.empty();
      if (at < text.length()) return Optional.empty();
      return Optional.of(new SemVer(numbers[0], numbers[1], numbers[2], pre));
    }

    private boolean skip(char c) {
      if (at >= text.length() || text.charAt(at) != c) return false;
      at++;
      return true;
    }

    /// The number here, or -1.
    private long number() {
      int start = at;
      long value = 0;
      while (at < text.length() && isDigit(text.charAt(at))) {
        value = value * 10 + (text.charAt(at++) - '0');
        if (at - start > MAX_DIGITS) return -1;
      }
      boolean leadingZero = at - start > 1 && text.charAt(start) == '0';
      return at == start || leadingZero ? -1 : value;
    }

    /// The identifiers here with their dots, or nothing if one of them is none.
    private String identifiers(boolean ordered) {
      int start = at;
      int from = at;
      while (true) {
        boolean number = true;
        while (at < text.length() && isIdentifier(text.charAt(at))) {
          number &= isDigit(text.charAt(at++));
        }
        if (at == from) return "";
        if (ordered && number && at - from > 1 && text.charAt(from) == '0') return "";
        if (!skip('.')) return text.substring(start, at);
        from = at;
      }
    }

    private static boolean isIdentifier(char c) {
      return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-';
    }
  }
}
