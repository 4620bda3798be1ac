package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.PATH;
import static dev.slipway.bundle.BundleException.Reason.PATH_COLLISION;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The rules for the paths of a bundle's files: a path means the same file on every system, stays
 * inside its folder and looks like what it is.
 */
public final class BundlePath {

  private static final int MAX_PART_BYTES = 255;
  private static final int MAX_BYTES = 1024;

  /** Characters that some system gives a meaning of its own; ':' also stands for drives. */
  private static final String RESERVED = "\\:*?\"<>|";

  private static final Pattern WINDOWS_DEVICE =
      Pattern.compile(
          "(con|prn|aux|nul|conin\\$|conout\\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])"
              + "[ ]*(\\..*)?",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private BundlePath() {}

  /** Refuses the first path that breaks a rule, and two paths that are one on some system. */
  public static void requireAll(List<String> paths) {
    for (int i = 0; i < paths.size(); i++) {
      Optional<String> broken = brokenRule(paths.get(i));
      if (broken.isPresent()) {
        throw new BundleException(PATH).with("file", i).with("rule", broken.get());
      }
    }
    requireDistinct(paths);
  }

  /** Refuses two paths that are one on some system; each keeps the rules. */
  static void requireDistinct(List<String> paths) {
    List<String> folded = new ArrayList<>(paths.size());
    Set<String> files = new HashSet<>();
    for (int i = 0; i < paths.size(); i++) {
      folded.add(folded(paths.get(i)));
      if (!files.add(folded.get(i))) {
        throw new BundleException(PATH_COLLISION).with("file", i);
      }
    }
    for (int i = 0; i < paths.size(); i++) {
      String path = folded.get(i);
      for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
        // A folder of one file must not be another file.
        if (files.contains(path.substring(0, slash))) {
          throw new BundleException(PATH_COLLISION).with("file", i);
        }
      }
    }
  }

  static boolean isAllowed(String path) {
    return brokenRule(path).isEmpty();
  }

  /** The first rule that the path breaks, in words; none if it is allowed. */
  static Optional<String> brokenRule(String path) {
    // The length in characters comes first, so that nothing below works on a long text.
    if (path.length() > MAX_BYTES || utf8Length(path) > MAX_BYTES) {
      return Optional.of("at most " + MAX_BYTES + " bytes");
    }
    // Loops rather than streams: there may be 20,000 paths, asked several times.
    for (int i = 0; i < path.length(); i += Character.charCount(path.codePointAt(i))) {
      if (!isVisible(path.codePointAt(i))) {
        return Optional.of("no characters that cannot be seen");
      }
    }
    for (int i = 0; i < path.length(); i++) {
      if (RESERVED.indexOf(path.charAt(i)) >= 0) {
        return Optional.of("none of " + RESERVED);
      }
    }
    if (!Normalizer.isNormalized(path, Normalizer.Form.NFC)) {
      return Optional.of("normal form NFC");
    }
    for (String part : path.split("/", -1)) {
      if (part.isEmpty()) {
        return Optional.of("relative, no empty part");
      }
      // This covers '.' and '..'; Windows drops such ends.
      if (part.endsWith(".") || part.endsWith(" ")) {
        return Optional.of("no part ends in a dot or a space");
      }
      if (utf8Length(part) > MAX_PART_BYTES) {
        return Optional.of("at most " + MAX_PART_BYTES + " bytes a part");
      }
      if (WINDOWS_DEVICE.matcher(part).matches()) {
        return Optional.of("no name of a Windows device");
      }
    }
    return Optional.empty();
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** The path as a system sees it that knows neither case nor look-alike forms. */
  private static String folded(String path) {
    String compatible = Normalizer.normalize(path, Normalizer.Form.NFKC);
    String folded = compatible.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    return Normalizer.normalize(folded, Normalizer.Form.NFKC);
  }

  /** Whether a reader sees this character as what it is: no control, format or lone surrogate. */
  static boolean isVisible(int codePoint) {
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
