package dev.slipway.rollout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.contracts.Json;
import java.util.Map;

/// Records as they stand in a row: what only makes sense as a whole is one column.
public final class StoredJson {

  private StoredJson() {}

  public static String write(Object value) {
    try {
      return Json.LENIENT.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("cannot be written as JSON: " + value.getClass(), e);
    }
  }

  /// The same object with these members in place of its own.
  public static String with(String text, Map<String, ?> members) {
    try {
      var object = (ObjectNode) Json.LENIENT.readTree(text);
      members.forEach((name, value) -> object.set(name, Json.LENIENT.valueToTree(value)));
      return Json.LENIENT.writeValueAsString(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a stored object cannot be read");
    }
  }

  public static <T> T read(String text, Class<T> type) {
    try {
      return Json.LENIENT.readValue(text, type);
    } catch (JsonProcessingException e) {
      // Without the parser's words, which may quote the row.
      throw new IllegalStateException("a stored " + type.getSimpleName() + " cannot be read");
    }
  }
}
