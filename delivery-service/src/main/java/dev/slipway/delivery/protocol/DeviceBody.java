package dev.slipway.delivery.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a device's body turned out to be.
public sealed interface DeviceBody {

  /// One object.
  record One(Members members) implements DeviceBody {}

  /// An array, with an absence for each entry that is no object.
  record Many(List<@Nullable Members> items) implements DeviceBody {
    public Many {
      // Not List.copyOf, which takes no nulls.
      items = java.util.Collections.unmodifiableList(items);
    }
  }

  /// Another JSON value.
  record Other() implements DeviceBody {}

  /// An array of more entries than [#MAX_ITEMS].
  record TooMany() implements DeviceBody {}

  /// No JSON, or nested beyond reason.
  record NotJson() implements DeviceBody {}

  /// The stock plugin queues at most 200 reports.
  int MAX_ITEMS = 1000;

  /// Reads a body whose size its caller has limited.
  static DeviceBody read(byte[] body) {
    try (var parser = Reader.FACTORY.createParser(body)) {
      var read = Reader.value(parser);
      // Anything behind the value makes the body no JSON.
      return read instanceof TooMany || parser.nextToken() == null ? read : new NotJson();
    } catch (IOException | IllegalStateException e) {
      // Illegal is a state in which names collide too often, which only somebody who tries can
      // bring about. The message quotes the body, and nobody but its sender could do anything about
      // it.
      return new NotJson();
    }
  }

  /// The part that knows Jackson.
  final class Reader {
    private static final JsonFactory FACTORY =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(32)
                    .maxNumberLength(64)
                    .maxNameLength(1024)
                    .build())
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            // The names of unknown members are the sender's choice and must not fill the JVM's
            // table. Jackson's own is bounded, seeded, and emptied when it has grown too large.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private Reader() {}

    private static DeviceBody value(JsonParser parser) throws IOException {
      var first = parser.nextToken();
      if (first == JsonToken.START_OBJECT) return new One(object(parser));
      if (first != JsonToken.START_ARRAY) return first == null ? new NotJson() : new Other();
      var items = new ArrayList<@Nullable Members>();
      for (var token = parser.nextToken();
          token != JsonToken.END_ARRAY;
          token = parser.nextToken()) {
        if (items.size() == MAX_ITEMS) return new TooMany();
        if (token == JsonToken.START_OBJECT) {
          items.add(object(parser));
        } else {
          parser.skipChildren();
          items.add(null);
        }
      }
      return new Many(items);
    }

    private static Members object(JsonParser parser) throws IOException {
      var members = new Members();
      for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        members.notEmpty();
        var token = parser.nextToken();
        var member = Member.named(name);
        if (member != null) members.put(member, value(member, token, parser));
        parser.skipChildren();
      }
      return members;
    }

    private static Object value(Member member, @Nullable JsonToken token, JsonParser parser)
        throws IOException {
      return switch (token) {
        case VALUE_STRING ->
            parser.getTextLength() > member.maxLength ? Members.Odd.TOO_LONG : parser.getText();
        case VALUE_TRUE -> true;
        case VALUE_FALSE -> false;
        case VALUE_NULL -> Members.Odd.NULL;
        case VALUE_NUMBER_INT ->
            parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                ? Members.Odd.OTHER_TYPE
                : (Object) parser.getLongValue();
        case null, default -> Members.Odd.OTHER_TYPE;
      };
    }
  }
}
