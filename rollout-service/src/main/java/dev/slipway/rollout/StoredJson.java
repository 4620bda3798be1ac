package dev.slipway.rollout;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.contracts.Json;

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

  public static <T> T read(String text, Class<T> type) {
    try {
      return Json.LENIENT.readValue(text, type);
    } catch (JsonProcessingException e) {
      // Without the parser's words, which may quote the row.
      throw new IllegalStateException("a stored " + type.getSimpleName() + " cannot be read");
    }
  }
}
