package dev.slipway.contracts.http;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was refused (RFC 9457, {@code application/problem+json}).
 *
 * @param type ends in the slug, which is stable: programs decide by it
 * @param title the slug in words
 * @param detail what was wrong in this request and what to do; for people
 * @param facts further members: what was found, what was expected
 */
public record Problem(
    String type,
    String title,
    int status,
    @Nullable String detail,
    @JsonAnySetter @JsonAnyGetter Map<String, Object> facts) {

  public static final String MEDIA_TYPE = "application/problem+json";
  private static final String BASE = "https://slipway.dev/problems/";

  public Problem {
    facts = facts == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  public static Problem of(int status, String slug, String detail, Map<String, Object> facts) {
    String words = slug.replace('-', ' ');
    return new Problem(
        BASE + slug,
        Character.toUpperCase(words.charAt(0)) + words.substring(1),
        status,
        detail,
        facts);
  }

  /** The last part of the type. */
  public String slug() {
    return type.substring(type.lastIndexOf('/') + 1);
  }
}
