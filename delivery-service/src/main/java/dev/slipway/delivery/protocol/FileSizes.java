package dev.slipway.delivery.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A device asks how large the files of an offer are.
///
/// @param app as the device wrote it
/// @param version that the files make up
public record FileSizes(String app, String version, List<File> files) {

  /// One file as the offer named it.
  public record File(String name, String hash, String address) {}

  private static final int MAX_FILES = 10_000;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(32).maxNameLength(1024).build())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  public FileSizes {
    files = List.copyOf(files);
  }

  /// Reads a body whose size its caller has limited.
  public static Read<FileSizes> read(byte[] body) {
    String app = null;
    String version = null;
    var files = new ArrayList<File>();
    try (var parser = JSON.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return new Read.Invalid<>(Mistake.INVALID_JSON_BODY);
      }
      for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        parser.nextToken();
        switch (name) {
          case "app_id" -> app = text(parser);
          case "version" -> version = text(parser);
          case "manifest" -> {
            if (parser.currentToken() != JsonToken.START_ARRAY) parser.skipChildren();
            else {
              while (parser.nextToken() != JsonToken.END_ARRAY) {
                var file = file(parser);
                if (file.isEmpty()) return new Read.Invalid<>(Mistake.INVALID_JSON_BODY);
                if (files.size() == MAX_FILES) return new Read.Invalid<>(Mistake.TOO_MANY_ITEMS);
                files.add(file.get());
              }
            }
          }
          default -> parser.skipChildren();
        }
      }
      if (parser.nextToken() != null) {
        return new Read.Invalid<>(Mistake.INVALID_JSON_PARSE_BODY);
      }
    } catch (IOException e) {
      return new Read.Invalid<>(Mistake.INVALID_JSON_PARSE_BODY);
    }
    if (app == null) return new Read.Invalid<>(Mistake.MISSING_APP_ID);
    return version == null
        ? new Read.Invalid<>(Mistake.INVALID_JSON_BODY)
        : new Read.Valid<>(new FileSizes(app, version, files));
  }

  private static Optional<File> file(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) return Optional.empty();
    String name = null;
    String hash = null;
    String address = null;
    for (var member = parser.nextFieldName(); member != null; member = parser.nextFieldName()) {
      parser.nextToken();
      switch (member) {
        case "file_name" -> name = text(parser);
        case "file_hash" -> hash = text(parser);
        case "download_url" -> address = text(parser);
        default -> parser.skipChildren();
      }
    }
    return name == null || hash == null
        ? Optional.empty()
        : Optional.of(new File(name, hash, address == null ? "" : address));
  }

  private static @Nullable String text(JsonParser parser) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_STRING)
      return Members.wellFormed(parser.getText());
    parser.skipChildren();
    return null;
  }
}
