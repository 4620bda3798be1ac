package dev.slipway.kit.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import dev.slipway.contracts.http.Problem;
import java.util.Map;

/// What is wrong with a JSON body, in words that don't quote it.
public final class JsonMistake {

  private static final int MAX_POINTER_CHARACTERS = 200;

  private JsonMistake() {}

  /// What to answer.
  public static Problem problem(JsonProcessingException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof Refusal refusal) return refusal.problem();
      if (cause instanceof StreamConstraintsException) {
        return Problem.of(
            413, "body-too-large", "The body nests too deeply or has a value too long.", Map.of());
      }
    }
    if (!(e instanceof JsonMappingException mapping)) {
      boolean doubled = String.valueOf(e.getOriginalMessage()).startsWith("Duplicate");
      return doubled
          ? Problem.of(400, "json-duplicate-member", "A member occurs twice.", where(e))
          : Problem.of(400, "json-invalid", "The body is not JSON.", where(e));
    }
    // The parser's own complaints come wrapped when a member of a record is read.
    if (mapping.getCause() instanceof JsonProcessingException inner
        && !(inner instanceof JsonMappingException)) {
      return problem(inner);
    }
    Map<String, Object> pointer = Map.of("pointer", pointer(mapping));
    if (mapping instanceof UnrecognizedPropertyException) {
      return Problem.of(
          422, "unknown-member", "The body has a member that this request does not know.", pointer);
    }
    if (mapping.getOriginalMessage().startsWith("Trailing token")) {
      return Problem.of(400, "json-invalid", "Something follows the JSON.", Map.of());
    }
    if (mapping.getPath().isEmpty() && mapping.getOriginalMessage().startsWith("No content")) {
      return Problem.of(400, "json-invalid", "The body is empty.", Map.of());
    }
    if (mapping instanceof ValueInstantiationException
        && mapping.getCause() instanceof IllegalArgumentException rule) {
      // The values' own constructors say which rule was broken, without quoting what broke it.
      return Problem.of(422, "value-invalid", String.valueOf(rule.getMessage()), pointer);
    }
    return Problem.of(
        422, "value-invalid", "A member is missing or has a value that does not fit.", pointer);
  }

  private static Map<String, Object> where(JsonProcessingException e) {
    var location = e.getLocation();
    return location == null
        ? Map.of()
        : Map.of("line", location.getLineNr(), "column", location.getColumnNr());
  }

  /// RFC 6901. Names of members are the sender's own words: escaped, and cut when long.
  private static String pointer(JsonMappingException e) {
    var pointer = new StringBuilder();
    for (var step : e.getPath()) {
      pointer.append('/');
      if (step.getFieldName() == null) {
        pointer.append(step.getIndex());
      } else {
        pointer.append(step.getFieldName().replace("~", "~0").replace("/", "~1"));
      }
      if (pointer.length() > MAX_POINTER_CHARACTERS) {
        return pointer.substring(0, MAX_POINTER_CHARACTERS);
      }
    }
    return pointer.toString();
  }
}
