package dev.slipway.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// A signed manifest in the making, with any mistake that one likes.
final class Jws {

  static final ObjectMapper JSON = new ObjectMapper();

  private final byte[] payload;
  private final List<String> signatures = new ArrayList<>();

  private Jws(byte[] payload) {
    this.payload = payload;
  }

  static Jws of(byte[] payload) {
    return new Jws(payload);
  }

  static Jws of(JsonNode payload) {
    return of(bytes(payload));
  }

  static Jws of(String payload) {
    return of(payload.getBytes(StandardCharsets.UTF_8));
  }

  Jws publisher(Identity by) {
    return sign(by, publisherHeader(by).toString(), UnaryOperator.identity());
  }

  /// With another header.
  Jws publisher(Identity by, Consumer<ObjectNode> change) {
    ObjectNode header = publisherHeader(by);
    change.accept(header);
    return sign(by, header.toString(), UnaryOperator.identity());
  }

  Jws migration(Identity from, Identity to) {
    return migration(from, to.fingerprint().text());
  }

  Jws migration(Identity from, String to) {
    return sign(from, migrationHeader(from, to).toString(), UnaryOperator.identity());
  }

  /// @param change made to the signature after it was made
  Jws sign(Identity by, String header, UnaryOperator<byte[]> change) {
    String protectedHeader = encoded(header.getBytes(StandardCharsets.UTF_8));
    byte[] input = (protectedHeader + "." + encoded(payload)).getBytes(StandardCharsets.US_ASCII);
    return add(protectedHeader, encoded(change.apply(by.sign(input))));
  }

  Jws add(String protectedHeader, String signature) {
    signatures.add(
        "{\"protected\":\"" + protectedHeader + "\",\"signature\":\"" + signature + "\"}");
    return this;
  }

  byte[] bytes() {
    return text().getBytes(StandardCharsets.UTF_8);
  }

  String text() {
    return "{\"payload\":\""
        + encoded(payload)
        + "\",\"signatures\":["
        + String.join(",", signatures)
        + "]}";
  }

  /// With another payload under the same signatures.
  byte[] over(byte[] other) {
    var changed = new Jws(other);
    changed.signatures.addAll(signatures);
    return changed.bytes();
  }

  /// What stands in one of the signatures.
  String signature(int number) {
    return signatures.get(number);
  }

  Jws addRaw(String signature) {
    signatures.add(signature);
    return this;
  }

  static ObjectNode publisherHeader(Identity by) {
    ObjectNode header = header(by, "publisher");
    header.putArray("crit").add("role");
    return header;
  }

  static ObjectNode migrationHeader(Identity from, String to) {
    ObjectNode header = header(from, "migration");
    header.put("to_x5t#S256", to);
    header.putArray("crit").add("role").add("to_x5t#S256");
    return header;
  }

  private static ObjectNode header(Identity by, String role) {
    ObjectNode header = JSON.createObjectNode();
    header.put("alg", by.jose());
    header.put("typ", "slipway-manifest+jws");
    header.put("role", role);
    header.put("x5t#S256", by.fingerprint().text());
    var chain = header.putArray("x5c");
    by.chain().forEach(der -> chain.add(Base64.getEncoder().encodeToString(der)));
    return header;
  }

  static byte[] bytes(JsonNode json) {
    try {
      return JSON.writeValueAsBytes(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
