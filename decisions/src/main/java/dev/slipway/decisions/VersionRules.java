package dev.slipway.decisions;

import dev.slipway.contracts.app.AppPolicy.VersionScheme;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * How the versions of an app's releases are written and ordered, by the scheme that the app was
 * registered with. Ingest, the publisher's tools and agents ask here, so that they agree.
 *
 * <ul>
 *   <li>{@code semver}: SemVer 2.0.0 (semver.org), of at most {@value #MAX_LENGTH} characters
 *   <li>{@code air}: Adobe AIR from 2.5 on: one to three numbers of up to three digits; the first
 *       may be missing and counts as 0. {@code .1}, {@code 0.1}, {@code 0.01} and {@code 0.1.0} are
 *       one number.
 *   <li>{@code air-legacy}: Adobe AIR before 2.5: any visible text. Only equality means something;
 *       what is newer is said by the order of publication.
 * </ul>
 *
 * <p>Pure and safe for use by several threads.
 */
public final class VersionRules {

  /** Longer texts are versions in no scheme. */
  public static final int MAX_LENGTH = 128;

  private static final String NUMBER = "(?:0|[1-9][0-9]*)";
  private static final String IDENTIFIER = "[0-9A-Za-z-]+";
  private static final String PRE_RELEASE = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
  private static final Pattern SEMVER =
      Pattern.compile(
          String.format(
              Locale.ROOT,
              "%1$s\\.%1$s\\.%1$s(?:-%2$s(?:\\.%2$s)*)?(?:\\+%3$s(?:\\.%3$s)*)?",
              NUMBER,
              PRE_RELEASE,
              IDENTIFIER));

  private static final Pattern AIR =
      Pattern.compile("[0-9]{1,3}(?:\\.[0-9]{1,3}){0,2}|(?:\\.[0-9]{1,3}){1,2}");

  private static final int AIR_NUMBERS = 3;
  private static final int AIR_BASE = 1000;

  private VersionRules() {}

  /** Whether the text is a version in this scheme. */
  public static boolean isVersion(VersionScheme scheme, String text) {
    // The length comes first, so that no pattern sees a long text.
    if (text.isEmpty() || text.length() > MAX_LENGTH) return false;
    return switch (scheme) {
      case SEMVER -> SEMVER.matcher(text).matches();
      case AIR -> AIR.matcher(text).matches();
      case AIR_LEGACY ->
          text.equals(text.strip()) && text.codePoints().allMatch(VersionRules::isVisible);
    };
  }

  /**
   * One text for all versions that are equal in the scheme's order: two versions of which {@link
   * #isVersion} holds are in conflict exactly if their identities are equal. Of {@code semver} it
   * leaves out the build, which has no part in the order.
   */
  public static String identity(VersionScheme scheme, String version) {
    return switch (scheme) {
      case SEMVER -> {
        int build = version.indexOf('+');
        yield build < 0 ? version : version.substring(0, build);
      }
      case AIR -> {
        int number = airNumber(version);
        yield number / AIR_BASE / AIR_BASE
            + "."
            + number / AIR_BASE % AIR_BASE
            + "."
            + number % AIR_BASE;
      }
      case AIR_LEGACY -> version;
    };
  }

  /**
   * Compares two versions of which {@link #isVersion} holds.
   *
   * @return negative, zero or positive; empty where they differ and the scheme has no order of its
   *     own
   */
  public static OptionalInt compare(VersionScheme scheme, String one, String other) {
    return switch (scheme) {
      case SEMVER -> OptionalInt.of(VersionOrder.compare(one, other));
      case AIR -> OptionalInt.of(Integer.compare(airNumber(one), airNumber(other)));
      case AIR_LEGACY -> one.equals(other) ? OptionalInt.of(0) : OptionalInt.empty();
    };
  }

  /** The three numbers as one, as the packages of AIR for Android have it. */
  private static int airNumber(String version) {
    String[] parts = version.split("\\.", -1);
    int number = 0;
    for (int i = 0; i < AIR_NUMBERS; i++) {
      boolean there = i < parts.length && !parts[i].isEmpty();
      number = number * AIR_BASE + (there ? Integer.parseInt(parts[i]) : 0);
    }
    return number;
  }

  /** Whether a reader sees this character as what it is. */
  private static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
