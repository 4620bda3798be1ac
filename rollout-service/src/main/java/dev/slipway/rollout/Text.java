package dev.slipway.rollout;

import dev.slipway.kit.http.Refusal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Free text that people write for people: kept as it is, as long as it can be shown safely.
public final class Text {

  private Text() {}

  /// The text, if it has 1 to `atMost` characters, none of which steers a terminal or turns the
  /// direction of what follows.
  public static String checked(String slug, String pointer, String text, int atMost) {
    if (text.isBlank() || text.length() > atMost) {
      throw refused(slug, pointer, "1 to " + atMost + " characters are due here");
    }
    if (text.codePoints().anyMatch(Text::steers)) {
      throw refused(slug, pointer, "control characters are not allowed here");
    }
    return text;
  }

  /// A page's size out of the query.
  public static int limit(@Nullable String given, int usual, int most) {
    if (given == null) return usual;
    return (int) number("limit-invalid", "limit", given, 1, most);
  }

  /// A whole number out of the query.
  public static long number(String slug, String name, String given, long least, long most) {
    var fault =
        Refusal.of(
            422,
            slug,
            name + " is a whole number from " + least + " to " + most,
            Map.of("parameter", name));
    if (given.length() > 19) throw fault;
    try {
      long number = Long.parseLong(given);
      if (number < least || number > most) throw fault;
      return number;
    } catch (NumberFormatException e) {
      throw fault;
    }
  }

  private static Refusal refused(String slug, String pointer, String detail) {
    return Refusal.of(422, slug, detail, Map.of("pointer", pointer));
  }

  private static boolean steers(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }
}
