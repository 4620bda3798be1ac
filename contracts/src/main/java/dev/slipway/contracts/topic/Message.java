package dev.slipway.contracts.topic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import dev.slipway.contracts.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A record as it travels: a CloudEvent in Kafka's binary mode (CloudEvents 1.0, Kafka protocol
 * binding 1.0.2), its attributes in headers, its data as JSON in the value. A missing value is a
 * tombstone, which carries its revision in {@code ce_revision}.
 */
public record Message(String key, byte @Nullable [] value, Map<String, String> headers) {

  public static final String SPEC_VERSION = "ce_specversion";
  public static final String ID = "ce_id";
  public static final String TYPE = "ce_type";
  public static final String SOURCE = "ce_source";
  public static final String TIME = "ce_time";
  public static final String CONTENT_TYPE = "content-type";
  public static final String REVISION = "ce_revision";

  /** Larger records are refused unread: the largest state, a channel's plan, has some kilobytes. */
  public static final int MAX_VALUE_BYTES = 1 << 20;

  public Message {
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }

  /** The record that says {@code value} on {@code topic}. */
  public static <T> Message of(Topic<T> topic, String key, T value, Instant now) {
    if (!topic.type().isInstance(value)) {
      throw new IllegalArgumentException(topic.name() + " does not carry " + value.getClass());
    }
    var headers = attributes(topic, typeOf(value.getClass()), now);
    if (value instanceof State state) headers.put(REVISION, Long.toString(state.revision()));
    try {
      return new Message(key, Json.LENIENT.writeValueAsBytes(value), headers);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("cannot be written as JSON: " + value.getClass(), e);
    }
  }

  /** The record that takes a key's state away. */
  public static <T> Message tombstone(Topic<T> topic, String key, long revision, Instant now) {
    var headers = attributes(topic, typeOf(topic.type()), now);
    headers.put(REVISION, Long.toString(revision));
    return new Message(key, null, headers);
  }

  /**
   * The value of a record of {@code topic}.
   *
   * @throws MalformedRecordException if it is none of the topic's
   */
  public static <T> T read(Topic<T> topic, byte @Nullable [] value) {
    if (value == null) throw new MalformedRecordException("no value");
    if (value.length > MAX_VALUE_BYTES) {
      throw new MalformedRecordException("value of " + value.length + " bytes");
    }
    try {
      T read = Json.LENIENT.readValue(value, topic.type());
      if (read == null) throw new MalformedRecordException("the value is null");
      return read;
    } catch (JsonMappingException e) {
      // The path, not the text: a record may hold what must not reach a log.
      throw new MalformedRecordException(
          "not a " + topic.type().getSimpleName() + " at " + pointer(e), e);
    } catch (JsonProcessingException e) {
      throw new MalformedRecordException("not JSON", e);
    } catch (IOException e) {
      throw new MalformedRecordException("unreadable", e);
    }
  }

  /** The CloudEvents type of a record of this class. */
  public static String typeOf(Class<?> recordClass) {
    return "dev.slipway." + kebab(recordClass.getSimpleName());
  }

  /** The headers as Kafka wants them. */
  public static byte[] headerBytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, String> attributes(Topic<?> topic, String type, Instant now) {
    var headers = new LinkedHashMap<String, String>();
    headers.put(SPEC_VERSION, "1.0");
    headers.put(ID, UUID.randomUUID().toString());
    headers.put(TYPE, type);
    headers.put(SOURCE, "/slipway/" + topic.writer());
    headers.put(TIME, now.toString());
    headers.put(CONTENT_TYPE, "application/json");
    return headers;
  }

  private static String kebab(String camel) {
    return camel.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toLowerCase(java.util.Locale.ROOT);
  }

  private static String pointer(JsonMappingException e) {
    var path = new StringBuilder();
    for (var step : e.getPath()) {
      path.append('/').append(step.getFieldName() == null ? step.getIndex() : step.getFieldName());
    }
    return path.isEmpty() ? "/" : path.toString();
  }
}
