package dev.slipway.delivery.image;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The files of a bundle that the stock plugin fetches one by one, read once from the object store
/// and kept as devices are given it.
///
/// @param json the plugin's `manifest`: an array of name, hash and address, in UTF-8, read-only
/// @param sizes by file name, in bytes as stored
/// @param hasEmpty whether one of them is empty, which the plugin cannot decrypt
public record FileList(ByteBuffer json, Map<String, Long> sizes, boolean hasEmpty) {

  /// The plugin's own tool refuses more.
  static final int MAX_FILES = 10_000;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(4).build())
          .build();

  public FileList {
    sizes = Map.copyOf(sizes);
  }

  /// Memory that it takes, roughly.
  long bytes() {
    return json.remaining() + 150L * sizes.size();
  }

  /// Reads the list as ingest stored it: an array of `{file_name, file_hash, id, size}`.
  ///
  /// @throws IOException if it is none
  public static FileList read(AppId app, byte[] document, OfferWriter offers) throws IOException {
    var out = new ByteArrayOutputStream(document.length * 2);
    var sizes = new HashMap<String, Long>();
    boolean hasEmpty = false;
    try (var parser = JSON.createParser(document);
        var generator = JSON.createGenerator(out)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) throw new IOException("no array of files");
      generator.writeStartArray();
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        var file = File.read(parser);
        if (sizes.size() == MAX_FILES) throw new IOException("more than " + MAX_FILES + " files");
        sizes.put(file.name, file.size);
        hasEmpty |= file.size == 0;
        generator.writeStartObject();
        generator.writeStringField("file_name", file.name);
        generator.writeStringField("file_hash", file.hash);
        generator.writeStringField("download_url", offers.address(app, file.id));
        generator.writeEndObject();
      }
      if (parser.currentToken() != JsonToken.END_ARRAY) throw new IOException("no array of files");
      generator.writeEndArray();
    } catch (IllegalArgumentException e) {
      throw new IOException("a file whose id is none", e);
    }
    if (sizes.isEmpty()) throw new IOException("a list of no files");
    return new FileList(ByteBuffer.wrap(out.toByteArray()).asReadOnlyBuffer(), sizes, hasEmpty);
  }

  private record File(String name, String hash, Digest id, long size) {
    static File read(JsonParser parser) throws IOException {
      String name = null;
      String hash = null;
      String id = null;
      long size = -1;
      for (var member = parser.nextFieldName(); member != null; member = parser.nextFieldName()) {
        parser.nextToken();
        switch (member) {
          case "file_name" -> name = text(parser);
          case "file_hash" -> hash = text(parser);
          case "id" -> id = text(parser);
          case "size" -> size = parser.getValueAsLong(-1);
          default -> parser.skipChildren();
        }
      }
      if (name == null || hash == null || id == null || size < 0) {
        throw new IOException("a file without name, hash, id or size");
      }
      return new File(name, hash, Digest.parse(id), size);
    }

    private static @Nullable String text(JsonParser parser) throws IOException {
      return parser.currentToken() == JsonToken.VALUE_STRING ? parser.getText() : null;
    }
  }
}
