package dev.slipway.contracts.topic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.topic.Topic.Spread;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code asyncapi.yaml} against the code: what the topics and the records say is derived
 * here, and must be what the document says. The document's descriptions are its own.
 */
class AsyncApiTest {

  private static final YAMLMapper YAML = new YAMLMapper();
  private static final Path DOCUMENT = Path.of("src/main/resources/asyncapi.yaml");

  private final ObjectNode schemas = YAML.createObjectNode();
  private final ObjectNode messages = YAML.createObjectNode();
  private final ObjectNode channels = YAML.createObjectNode();

  @Test
  void theDocumentSaysWhatTheCodeDoes() throws IOException {
    // Given
    JsonNode document = withoutDescriptions(YAML.readTree(DOCUMENT.toFile()));

    // When
    Topics.ALL.forEach(this::describe);

    // Then
    assertThat(YAML.writeValueAsString(sorted(document.path("channels"))))
        .isEqualTo(YAML.writeValueAsString(sorted(channels)));
    assertThat(YAML.writeValueAsString(sorted(document.at("/components/messages"))))
        .isEqualTo(YAML.writeValueAsString(sorted(messages)));
    assertThat(YAML.writeValueAsString(sorted(document.at("/components/schemas"))))
        .isEqualTo(YAML.writeValueAsString(sorted(schemas)));
    assertThat(document.path("asyncapi").asText()).isEqualTo("3.0.0");
  }

  @Test
  void everyChannelIsDescribed() throws IOException {
    JsonNode document = YAML.readTree(DOCUMENT.toFile());
    document
        .path("channels")
        .properties()
        .forEach(
            channel ->
                assertThat(channel.getValue().path("description").asText())
                    .as(channel.getKey())
                    .isNotBlank());
  }

  private void describe(Topic<?> topic) {
    ObjectNode channel = channels.putObject(topic.name().substring("slipway.".length()));
    channel.put("address", topic.name());
    channel.put("x-writer", topic.writer());
    channel.put("x-spread", topic.spread().name().toLowerCase(Locale.ROOT));
    ObjectNode carried = channel.putObject("messages");
    if (topic != Topics.DEAD_LETTERS) {
      for (Class<?> kind : kindsOf(topic.type())) {
        String name = kind.getSimpleName();
        carried.putObject(name).put("$ref", "#/components/messages/" + name);
        ObjectNode message = messages.putObject(name);
        message.put("name", Message.typeOf(kind));
        message.put("contentType", "application/json");
        message.putArray("traits").addObject().put("$ref", "#/components/messageTraits/cloudEvent");
        message.putObject("payload").put("$ref", schemaOf(kind));
      }
    }
    ObjectNode kafka = channel.putObject("bindings").putObject("kafka");
    ObjectNode settings = kafka.putObject("topicConfiguration");
    settings.putArray("cleanup.policy").add(topic.isCompacted() ? "compact" : "delete");
    topic.retention().ifPresent(kept -> settings.put("retention.ms", kept.toMillis()));
    kafka.put("bindingVersion", "0.5.0");
    channel.put("x-stamped", topic.stamped().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    assertThat(topic.spread()).isIn(Spread.DEVICES, Spread.CONTROL);
  }

  private static List<Class<?>> kindsOf(Class<?> type) {
    return type.isSealed() ? List.of(type.getPermittedSubclasses()) : List.of(type);
  }

  private String schemaOf(Class<?> type) {
    String name = type.getSimpleName();
    if (!schemas.has(name)) {
      ObjectNode schema = schemas.putObject(name);
      if (type.isSealed()) {
        describeChoice(type, schema);
      } else {
        describeRecord(type, schema);
      }
    }
    return "#/components/schemas/" + name;
  }

  private void describeChoice(Class<?> type, ObjectNode schema) {
    ArrayNode oneOf = schema.putArray("oneOf");
    for (Class<?> kind : type.getPermittedSubclasses()) {
      oneOf.addObject().put("$ref", schemaOf(kind));
    }
    schema.put("discriminator", type.getAnnotation(JsonTypeInfo.class).property());
  }

  private void describeRecord(Class<?> type, ObjectNode schema) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    Set<String> required = new TreeSet<>();
    for (Class<?> choice : type.getInterfaces()) {
      if (choice.isAnnotationPresent(JsonTypeInfo.class)) {
        String discriminator = choice.getAnnotation(JsonTypeInfo.class).property();
        properties.putObject(discriminator).put("const", nameAmong(choice, type));
        required.add(discriminator);
      }
    }
    for (RecordComponent component : type.getRecordComponents()) {
      String name = SnakeCaseStrategy.INSTANCE.translate(component.getName());
      properties.set(name, typeOf(component.getGenericType()));
      if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) required.add(name);
    }
    required.forEach(schema.putArray("required")::add);
  }

  private static String nameAmong(AnnotatedElement choice, Class<?> kind) {
    return Arrays.stream(choice.getAnnotation(JsonSubTypes.class).value())
        .filter(sub -> sub.value() == kind)
        .map(JsonSubTypes.Type::name)
        .findFirst()
        .orElseThrow();
  }

  private ObjectNode typeOf(Type type) {
    ObjectNode node = YAML.createObjectNode();
    if (type instanceof ParameterizedType generic) {
      Class<?> raw = (Class<?>) generic.getRawType();
      Type[] arguments = generic.getActualTypeArguments();
      if (Map.class.isAssignableFrom(raw)) {
        node.put("type", "object").set("additionalProperties", typeOf(arguments[1]));
      } else {
        assertThat(Collection.class).isAssignableFrom(raw);
        node.put("type", "array").set("items", typeOf(arguments[0]));
        if (raw == Set.class) node.put("uniqueItems", true);
      }
      return node;
    }
    Class<?> plain = (Class<?>) type;
    if (plain == int.class || plain == Integer.class) {
      return node.put("type", "integer").put("format", "int32");
    } else if (plain == long.class || plain == Long.class) {
      return node.put("type", "integer").put("format", "int64");
    } else if (plain == double.class) {
      return node.put("type", "number").put("format", "double");
    } else if (plain == boolean.class) {
      return node.put("type", "boolean");
    } else if (plain == Instant.class) {
      return node.put("type", "string").put("format", "date-time");
    } else if (plain == Duration.class) {
      return node.put("type", "string").put("format", "duration");
    } else if (plain == String.class || isText(plain)) {
      return node.put("type", "string");
    } else if (plain.isEnum()) {
      ArrayNode constants = node.put("type", "string").putArray("enum");
      for (Object constant : plain.getEnumConstants()) {
        constants.add(((Enum<?>) constant).name().toLowerCase(Locale.ROOT));
      }
      return node;
    }
    return node.put("$ref", schemaOf(plain));
  }

  private static boolean isText(Class<?> type) {
    return type == AppId.class
        || type == Digest.class
        || Arrays.stream(type.getMethods()).anyMatch(m -> m.isAnnotationPresent(JsonValue.class));
  }

  private static JsonNode withoutDescriptions(JsonNode node) {
    if (node instanceof ObjectNode object) {
      JsonNode description = object.get("description");
      if (description != null && description.isTextual()) object.remove("description");
    }
    node.forEach(AsyncApiTest::withoutDescriptions);
    return node;
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode result = YAML.createObjectNode();
      var names = new TreeSet<String>();
      object.fieldNames().forEachRemaining(names::add);
      names.forEach(name -> result.set(name, sorted(object.get(name))));
      return result;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode result = YAML.createArrayNode();
      array.forEach(item -> result.add(sorted(item)));
      return result;
    }
    return node;
  }
}
