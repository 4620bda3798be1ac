package dev.slipway.delivery.protocol;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A device's body as it came: of each [Member] its value, whatever its type, the last one where it
/// came twice. Strings hold no half surrogates, so that they can be written again.
public final class Members {

  /// What a member can hold besides a `String`, `Boolean` or `Long`.
  enum Odd {
    NULL,
    OTHER_TYPE,
    TOO_LONG
  }

  private final @Nullable Object[] values = new @Nullable Object[Member.values().length];
  private boolean empty = true;

  Members() {}

  /// The same from the parameters of an address, where everything is text.
  public static Members of(Iterable<Map.Entry<String, String>> parameters) {
    var members = new Members();
    for (var parameter : parameters) {
      members.empty = false;
      var member = Member.named(parameter.getKey());
      if (member != null) members.put(member, fromText(member, parameter.getValue()));
    }
    return members;
  }

  private static Object fromText(Member member, String text) {
    return switch (member) {
      case IS_EMULATOR, IS_PROD ->
          switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> Odd.OTHER_TYPE;
          };
      default -> text.length() > member.maxLength ? Odd.TOO_LONG : text;
    };
  }

  void put(Member member, Object value) {
    values[member.ordinal()] = value instanceof String text ? wellFormed(text) : value;
  }

  void notEmpty() {
    empty = false;
  }

  /// Whether there was no member at all, not even an unknown one.
  boolean isEmpty() {
    return empty;
  }

  /// Whether the member is absent, or what JavaScript takes for absent.
  boolean isMissing(Member member) {
    var value = values[member.ordinal()];
    return value == null || value == Odd.NULL || value.equals("");
  }

  /// Whether the member is there and not a string within its length.
  boolean isNoText(Member member) {
    var value = values[member.ordinal()];
    return value != null && !(value instanceof String);
  }

  /// The string; absent if it is empty or no string.
  @Nullable String text(Member member) {
    return values[member.ordinal()] instanceof String text && !text.isEmpty() ? text : null;
  }

  /// The boolean, absent if it is none.
  @Nullable Boolean flag(Member member, boolean unlessGiven) {
    var value = values[member.ordinal()];
    if (value == null) return unlessGiven;
    return value instanceof Boolean flag ? flag : null;
  }

  @Nullable Long number(Member member) {
    return values[member.ordinal()] instanceof Long number ? number : null;
  }

  static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isSurrogate(text.charAt(i))) continue;
      return text.codePoints()
          .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
          .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
          .toString();
    }
    return text;
  }

  @Override
  public String toString() {
    // What devices send has no place in a log.
    return "Members" + Arrays.stream(Member.values()).filter(m -> !isMissing(m)).toList();
  }
}
