package dev.slipway.ingest;

import static dev.slipway.ingest.Api.problem;
import static dev.slipway.ingest.Api.read;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppPolicy.Confidentiality;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.contracts.bundle.NewCapgoBundle;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.TopicReader;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Bundles exactly as the stock Capgo command line made them, on their way in and out again.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class CapgoIT {

  private static final AppPolicy OPEN = Publisher.limits(Confidentiality.NONE, 1L << 30, 1L << 32);
  private static final String SESSION_KEY = base64(new byte[16]) + ":" + base64(new byte[256]);
  private static final String CHECKSUM = "ab".repeat(256);

  private final Endpoints endpoints = Stack.shared();

  @TestHTTPResource("/")
  URI base;

  @ParameterizedTest
  @CsvSource({"v3-plugin8.51.23, V3", "v2-plugin7.27.8, V2"})
  void takesAnEncryptedZipAsItIs(String name, Scheme scheme) throws Exception {
    // Given
    var app = AppId.of("com.example.capgo." + scheme.name().toLowerCase(java.util.Locale.ROOT));
    var publisher = Publisher.registered(app.text(), endpoints);
    var api = new Api(base, publisher.accessKey());
    byte[] zip = resource("com.demo.app_1.0.1." + name + ".enc.zip");
    JsonNode printed = Json.LENIENT.readTree(resource("encrypt-" + name + ".json"));
    var request =
        new NewCapgoBundle(
            Version.of("1.0.1"),
            printed.get("ivSessionKey").asText(),
            printed.get("checksum").asText(),
            keyId(),
            new NewCapgoBundle.Zip(Digest.sha256(zip), zip.length),
            null,
            "1.2.0",
            "https://example.com/news",
            "What is new");

    // When
    var early = api.publishCapgo(app, request);
    var upload = api.putCapgo(app, zip);
    var answer = api.publishCapgo(app, request);
    var again = api.publishCapgo(app, request);

    // Then
    refused(early, 422, "blob-missing");
    assertThat(upload.statusCode()).isEqualTo(201);
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(201);
    var bundle = read(answer, BundleState.class);
    assertThat(bundle.format()).isEqualTo(Format.CAPGO_ZIP);
    assertThat(bundle.publisherLeaf()).isNull();
    assertThat(bundle.compat().nativeMin()).isEqualTo("1.2.0");
    assertThat(bundle.metadata())
        .isEqualTo(new BundleState.Metadata("https://example.com/news", "What is new"));
    assertThat(bundle.capgo())
        .isEqualTo(
            new BundleState.Capgo(
                scheme,
                Digest.sha256(zip),
                zip.length,
                printed.get("ivSessionKey").asText(),
                printed.get("checksum").asText(),
                keyId(),
                null));
    assertThat(Remains.object("apps/" + app + "/blobs/" + Digest.sha256(zip), endpoints))
        .isEqualTo(zip);
    assertThat(Remains.cacheControl("apps/" + app + "/blobs/" + Digest.sha256(zip), endpoints))
        .isEqualTo("public, max-age=31536000, immutable");
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(read(again, BundleState.class)).isEqualTo(bundle);
    assertThat(events(app + "/1.0.1")).isEqualTo(1);
    assertThat(Remains.of(app, endpoints).objects())
        .contains("releases/" + app + "/1.0.1/bundle.json");
  }

  @Test
  void takesEncryptedFilesAsTheyAre() throws Exception {
    // Given
    var app = AppId.of("com.example.capgo.files");
    var publisher = Publisher.registered(app.text(), endpoints);
    var api = new Api(base, publisher.accessKey());
    JsonNode delta = Json.LENIENT.readTree(resource("delta-v3/manifest.json"));
    var files = files("delta-v3", delta.get("manifest"));
    var request = filesOnly(delta.get("session_key").asText(), files);

    // When
    for (var file : files) {
      assertThat(api.putCapgo(app, resource("delta-v3/" + file.fileName())).statusCode())
          .isEqualTo(201);
    }
    var answer = api.publishCapgo(app, request);

    // Then
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(201);
    var bundle = read(answer, BundleState.class);
    assertThat(bundle.format()).isEqualTo(Format.CAPGO_FILES);
    assertThat(bundle.capgo().scheme()).isEqualTo(Scheme.V3);
    byte[] list = Remains.object("apps/" + app + "/blobs/" + bundle.capgo().files(), endpoints);
    assertThat(Digest.sha256(list)).isEqualTo(bundle.capgo().files());
    assertThat(List.of(Json.LENIENT.readValue(list, NewCapgoBundle.File[].class)))
        .containsExactlyInAnyOrderElementsOf(files);
    for (var file : files) {
      assertThat(Remains.object("apps/" + app + "/blobs/" + file.id(), endpoints))
          .isEqualTo(resource("delta-v3/" + file.fileName()));
    }
  }

  @Test
  void takesReadableBundlesOnlyWhereTheAppAllowsThem() throws Exception {
    // Given
    var sealed = Publisher.registered("com.example.capgo.sealed", endpoints);
    var open = Publisher.registered("com.example.capgo.open", OPEN, endpoints);
    byte[] zip = resource("com.demo.app_1.0.1.zip");
    var id = Digest.sha256(zip);
    var request =
        new NewCapgoBundle(
            Version.of("1.0.1"),
            "",
            id.hex(),
            null,
            new NewCapgoBundle.Zip(id, zip.length),
            null,
            null,
            null,
            null);
    var sealedApi = new Api(base, sealed.accessKey());
    var openApi = new Api(base, open.accessKey());

    // Then
    refused(sealedApi.putCapgo(sealed.app(), zip), 422, "not-encrypted");
    refused(sealedApi.publishCapgo(sealed.app(), request), 422, "not-encrypted");
    assertThat(Remains.of(sealed.app(), endpoints)).isEqualTo(Remains.NOTHING);

    // When
    assertThat(openApi.putCapgo(open.app(), zip).statusCode()).isEqualTo(201);
    var answer = openApi.publishCapgo(open.app(), request);

    // Then
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(201);
    var bundle = read(answer, BundleState.class);
    assertThat(bundle.format()).isEqualTo(Format.PLAIN_ZIP);
    assertThat(bundle.capgo().scheme()).isEqualTo(Scheme.PLAIN);
    assertThat(Remains.object("apps/" + open.app() + "/blobs/" + id, endpoints)).isEqualTo(zip);

    // When: the same zip with the checksum of old plugins
    var crc = new java.util.zip.CRC32();
    crc.update(zip);
    var old = Json.LENIENT.<ObjectNode>valueToTree(request).put("version", "1.0.2");
    var right =
        openApi.publishCapgo(open.app(), old.put("checksum", "%08x".formatted(crc.getValue())));
    var wrong =
        openApi.publishCapgo(open.app(), old.put("version", "1.0.3").put("checksum", "00000000"));

    // Then
    assertThat(right.statusCode()).as(text(right.body())).isEqualTo(201);
    refused(wrong, 422, "capgo-bundle-invalid");
    assertThat(Remains.of(open.app(), endpoints).versions()).containsExactly("1.0.1", "1.0.2");
  }

  @Test
  void refusesWhatNoPluginCouldInstall() throws Exception {
    // Given
    var app = AppId.of("com.example.capgo.bad");
    var publisher = Publisher.registered(app.text(), endpoints);
    var api = new Api(base, publisher.accessKey());
    var file = new NewCapgoBundle.File("a.js", CHECKSUM, Digest.sha256(new byte[1]), 32);
    var good =
        new NewCapgoBundle(
            Version.of("1.0.0"),
            SESSION_KEY,
            CHECKSUM,
            null,
            new NewCapgoBundle.Zip(Digest.sha256(new byte[2]), 64),
            List.of(file),
            null,
            null,
            null);
    String invalid = "capgo-bundle-invalid";
    String pem = text(resource("demo_key_v2.pub.pem"));

    // Then
    record Bad(String slug, String pointer, Consumer<ObjectNode> change) {}
    for (var bad :
        List.of(
            new Bad(invalid, "/session_key", json -> json.put("session_key", "a:b:c")),
            new Bad(
                invalid,
                "/session_key",
                json -> json.put("session_key", ":" + base64(new byte[256]))),
            new Bad(
                invalid,
                "/session_key",
                json -> json.put("session_key", base64(new byte[16]) + ":")),
            new Bad(invalid, "/session_key", json -> json.put("session_key", SESSION_KEY + ":")),
            new Bad(
                invalid,
                "/session_key",
                json ->
                    json.put("session_key", base64(new byte[12]) + ":" + base64(new byte[256]))),
            new Bad(
                invalid,
                "/session_key",
                json ->
                    json.put("session_key", base64(new byte[16]) + ":" + base64(new byte[128]))),
            new Bad(invalid, "/checksum", json -> json.put("checksum", CHECKSUM.substring(2))),
            new Bad(invalid, "/checksum", json -> json.put("checksum", "AB".repeat(256))),
            new Bad(invalid, "/checksum", json -> json.put("checksum", base64(new byte[255]))),
            new Bad(invalid, "/checksum", json -> json.put("checksum", "")),
            new Bad(invalid, "/key_id", json -> json.put("key_id", "short")),
            new Bad(invalid, "/zip/size", json -> json.withObject("/zip").put("size", 65)),
            new Bad(invalid, "/zip/size", json -> json.withObject("/zip").put("size", 0)),
            new Bad(invalid, "/zip", json -> json.remove(List.of("zip", "files"))),
            new Bad(invalid, "/files/0/size", json -> first(json).put("size", 0)),
            new Bad(invalid, "/files/0/size", json -> first(json).put("size", 33)),
            new Bad(
                invalid,
                "/files/0/file_hash",
                json -> first(json).put("file_hash", base64(new byte[256]))),
            new Bad(
                invalid,
                "/files/1/file_name",
                json ->
                    json.withArray("/files")
                        .add(first(json).deepCopy().put("file_name", "a.js.br"))),
            new Bad("path", null, json -> first(json).put("file_name", "../a.js")),
            new Bad("path", null, json -> first(json).put("file_name", "/etc/passwd")),
            new Bad("path", null, json -> first(json).put("file_name", "a\\b.js")),
            new Bad(
                "path-collision",
                null,
                json ->
                    json.withArray("/files").add(first(json).deepCopy().put("file_name", "A.js"))),
            new Bad(invalid, "/link", json -> json.put("link", "javascript:alert(1)")),
            new Bad(invalid, "/comment", json -> json.put("comment", "a\u202eb")),
            new Bad("secret-material", "/key_id", json -> json.put("key_id", pem)),
            new Bad("secret-material", "/comment", json -> json.put("comment", pem)),
            new Bad("unknown-member", "/public_key", json -> json.put("public_key", pem)),
            new Bad("blob-missing", null, json -> {}))) {
      var request = Json.LENIENT.<ObjectNode>valueToTree(good);
      bad.change().accept(request);
      var answer = api.publishCapgo(app, request);
      refused(answer, 422, bad.slug());
      if (bad.pointer() != null) {
        assertThat(problem(answer).facts()).containsEntry("pointer", bad.pointer());
      }
      assertThat(text(answer.body())).doesNotContain("MIIBCgKCAQEA");
    }
    refused(api.putCapgo(app, resource("demo_key_v2.pub.pem")), 422, "not-encrypted");
    refused(api.putCapgo(app, new byte[0]), 422, "blob-length-invalid");
    refused(api.putCapgo(app, new byte[160]), 422, "not-encrypted");
    assertThat(Remains.of(app, endpoints)).isEqualTo(Remains.NOTHING);
  }

  @Test
  void aVersionBelongsToOneBundleWhateverItsFormat() throws Exception {
    // Given
    var app = AppId.of("com.example.capgo.taken");
    var publisher = Publisher.registered(app.text(), endpoints);
    var api = new Api(base, publisher.accessKey());
    JsonNode delta = Json.LENIENT.readTree(resource("delta-v3/manifest.json"));
    var files = files("delta-v3", delta.get("manifest"));
    for (var file : files) api.putCapgo(app, resource("delta-v3/" + file.fileName()));
    var session = delta.get("session_key").asText();
    assertThat(api.publishCapgo(app, filesOnly(session, files)).statusCode()).isEqualTo(201);
    var before = Remains.of(app, endpoints);

    // When
    var other = api.publishCapgo(app, filesOnly(session, files.subList(0, 1)));

    // Then
    refused(other, 409, "version-exists");
    assertThat(Remains.of(app, endpoints)).isEqualTo(before);
  }

  private static NewCapgoBundle filesOnly(String session, List<NewCapgoBundle.File> files) {
    return new NewCapgoBundle(
        Version.of("1.0.1"), session, null, keyId(), null, files, null, null, null);
  }

  private static List<NewCapgoBundle.File> files(String folder, JsonNode manifest) {
    var files = new ArrayList<NewCapgoBundle.File>();
    for (var file : manifest) {
      String name = file.get("file_name").asText();
      byte[] bytes = resource(folder + "/" + name);
      files.add(
          new NewCapgoBundle.File(
              name, file.get("file_hash").asText(), Digest.sha256(bytes), bytes.length));
    }
    return files;
  }

  private long events(String key) {
    try (var reader = TopicReader.fromBeginning(endpoints, Topics.BUNDLES.name())) {
      reader.until(all -> all.stream().anyMatch(record -> record.key().equals(key)));
      return reader.toEnd().stream().filter(record -> record.key().equals(key)).count();
    }
  }

  private static ObjectNode first(ObjectNode request) {
    return (ObjectNode) request.withArray("/files").get(0);
  }

  private static String keyId() {
    return text(resource("demo_key_v2.pub.pem"))
        .lines()
        .skip(1)
        .findFirst()
        .orElseThrow()
        .substring(0, 20);
  }

  private static byte[] resource(String name) {
    try (var in = CapgoIT.class.getResourceAsStream("/capgo/" + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void refused(HttpResponse<byte[]> answer, int status, String slug) {
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(status);
    assertThat(problem(answer).slug()).as(text(answer.body())).isEqualTo(slug);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
