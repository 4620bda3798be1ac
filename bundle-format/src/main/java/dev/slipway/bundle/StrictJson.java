package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.INTEGER_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.JSON_DUPLICATE_MEMBER;
import static dev.slipway.bundle.BundleException.Reason.JSON_INVALID;
import static dev.slipway.bundle.BundleException.Reason.JSON_LIMIT;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_MISSING;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_TYPE;
import static dev.slipway.bundle.BundleException.Reason.UNKNOWN_MEMBER;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * JSON as signed and encrypted objects use it: I-JSON in well-formed UTF-8, no member twice, no
 * member unknown, integers only, and limits on depth and on the number of values. The caller has
 * capped the length of the input before.
 */
final class StrictJson {

  private static final int MAX_DEPTH = 16;
  private static final int MAX_VALUES = 400_000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Manifest.MAX_BYTES)
                  .maxNameLength(256)
                  .maxNumberLength(64)
                  .build())
          // Names of hostile members must not stay in memory after the parse.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  /** A JSON null; it counts as absent. */
  private static final Object NULL = new Object();

  private int values;

  private StrictJson() {}

  /** Reads the one object that these bytes are. */
  static JsonObject parse(byte[] utf8) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new BundleException(JSON_INVALID, e);
    }
    if (text.startsWith("\uFEFF")) {
      throw new BundleException(JSON_INVALID).with("pointer", "");
    }
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new BundleException(parser.currentToken() == null ? JSON_INVALID : MEMBER_TYPE)
            .with("pointer", "");
      }
      JsonObject object = new StrictJson().object(parser, "");
      if (parser.nextToken() != null) {
        throw new BundleException(JSON_INVALID).with("pointer", "");
      }
      return object;
    } catch (StreamConstraintsException e) {
      throw new BundleException(JSON_LIMIT, e);
    } catch (IOException e) {
      throw new BundleException(JSON_INVALID, e);
    }
  }

  /** Writes JSON without white space, members in the order in which they are written. */
  static byte[] write(Content content) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(text)) {
      content.writeTo(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** What is to be written. */
  interface Content {
    void writeTo(JsonGenerator json) throws IOException;
  }

  private JsonObject object(JsonParser parser, String pointer) throws IOException {
    Map<String, Object> members = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = requireUnicode(parser.currentName(), pointer);
      parser.nextToken();
      if (members.put(name, value(parser, pointer + "/" + escaped(name))) != null) {
        throw new BundleException(JSON_DUPLICATE_MEMBER).with("pointer", pointer);
      }
    }
    return new JsonObject(pointer, members);
  }

  private Object value(JsonParser parser, String pointer) throws IOException {
    if (++values > MAX_VALUES) {
      throw new BundleException(JSON_LIMIT).with("values", values);
    }
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw new BundleException(JSON_INVALID).with("pointer", pointer);
    }
    return switch (token) {
      case START_OBJECT -> object(parser, pointer);
      case START_ARRAY -> array(parser, pointer);
      case VALUE_STRING -> requireUnicode(parser.getText(), pointer);
      case VALUE_NUMBER_INT -> integer(parser.getText(), pointer);
      case VALUE_NUMBER_FLOAT ->
          throw new BundleException(INTEGER_REQUIRED).with("pointer", pointer);
      case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
      case VALUE_NULL -> NULL;
      default -> throw new BundleException(JSON_INVALID).with("pointer", pointer);
    };
  }

  private List<Object> array(JsonParser parser, String pointer) throws IOException {
    List<Object> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(parser, pointer + "/" + elements.size()));
    }
    return elements;
  }

  private static Long integer(String digits, String pointer) {
    boolean tooLong = digits.length() > 17;
    if (tooLong || digits.equals("-0") || Math.abs(Long.parseLong(digits)) > Manifest.MAX_INTEGER) {
      throw new BundleException(INTEGER_REQUIRED).with("pointer", pointer);
    }
    return Long.valueOf(digits);
  }

  /** An escape can write half a surrogate pair, which no UTF-8 can. */
  private static String requireUnicode(String text, String pointer) {
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (Character.isHighSurrogate(unit)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(unit)) {
        throw new BundleException(JSON_INVALID).with("pointer", pointer);
      }
    }
    return text;
  }

  /** A name for a pointer in an error: only as much of it as cannot harm a log. */
  private static String escaped(String name) {
    String shortened = name.length() > 40 ? name.substring(0, 40) : name;
    // A pattern for each member of a long manifest would take a third of the time of reading it.
    return shortened.chars().allMatch(StrictJson::isHarmless)
        ? shortened
        : shortened.replaceAll("[^A-Za-z0-9_.#-]", "?");
  }

  private static boolean isHarmless(int character) {
    return (character >= 'a' && character <= 'z') || character == '_';
  }

  /**
   * A parsed object, read member by member: a member that is due and absent is refused, and {@link
   * #done} refuses members that nobody asked for.
   */
  static final class JsonObject {

    private final String pointer;
    private final Map<String, Object> members;

    private JsonObject(String pointer, Map<String, Object> members) {
      this.pointer = pointer;
      this.members = members;
    }

    String pointer() {
      return pointer;
    }

    String string(String name) {
      return required(name, String.class);
    }

    long integer(String name) {
      return required(name, Long.class);
    }

    JsonObject object(String name) {
      return required(name, JsonObject.class);
    }

    Optional<String> optionalString(String name) {
      return optional(name, String.class);
    }

    Optional<JsonObject> optionalObject(String name) {
      return optional(name, JsonObject.class);
    }

    List<JsonObject> objects(String name) {
      return elements(name, JsonObject.class);
    }

    List<JsonObject> optionalObjects(String name) {
      return has(name) ? objects(name) : List.of();
    }

    List<String> strings(String name) {
      return elements(name, String.class);
    }

    /** The members not asked for yet, all of them strings. */
    Map<String, String> allStrings() {
      Map<String, String> strings = new LinkedHashMap<>();
      for (String name : List.copyOf(members.keySet())) {
        strings.put(name, string(name));
      }
      return strings;
    }

    boolean has(String name) {
      return members.containsKey(name);
    }

    /** The names not asked for yet. */
    List<String> names() {
      return List.copyOf(members.keySet());
    }

    /** Refuses the members that nobody asked for. */
    void done() {
      for (String name : members.keySet()) {
        throw new BundleException(UNKNOWN_MEMBER).with("pointer", pointerTo(name));
      }
    }

    String pointerTo(String name) {
      return pointer + "/" + escaped(name);
    }

    private <T> List<T> elements(String name, Class<T> type) {
      List<T> typed = new ArrayList<>();
      for (Object element : required(name, List.class)) {
        if (!type.isInstance(element)) {
          throw new BundleException(MEMBER_TYPE)
              .with("pointer", pointerTo(name) + "/" + typed.size());
        }
        typed.add(type.cast(element));
      }
      return typed;
    }

    private <T> T required(String name, Class<T> type) {
      return optional(name, type)
          .orElseThrow(() -> new BundleException(MEMBER_MISSING).with("pointer", pointerTo(name)));
    }

    private <T> Optional<T> optional(String name, Class<T> type) {
      Object value = members.remove(name);
      if (value == null) {
        return Optional.empty();
      }
      if (value == NULL) {
        throw new BundleException(MEMBER_MISSING).with("pointer", pointerTo(name));
      }
      if (!type.isInstance(value)) {
        throw new BundleException(type == Long.class ? INTEGER_REQUIRED : MEMBER_TYPE)
            .with("pointer", pointerTo(name));
      }
      return Optional.of(type.cast(value));
    }
  }
}
