package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Blob;
import dev.slipway.bundle.CapgoPublicKey;
import dev.slipway.bundle.CapgoSession;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Service;
import dev.slipway.testkit.TopicReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Publishing with the commands that people type, against the real services.
@ExtendWith(RunningSuite.Extension.class)
class PublishIT {

  /// What the unchanged Capgo command line made.
  private static final Path CAPGO =
      Path.of(System.getProperty("slipway.root"), "cli/src/test/resources/capgo");

  /// Two packages of one application, and who signed them.
  private static final Path AIR =
      Path.of(System.getProperty("slipway.root"), "system-tests/src/test/resources/air");

  private static final int FILES = 30;
  private static final int FILE_BYTES = 40_000;

  /// What HTTP may add: a HEAD per part, and the headers of PUT and POST.
  private static final long HEADERS = 600;

  @TempDir Path folder;

  @Test
  void the_next_version_with_one_changed_file_sends_one_blob_index_and_manifest(RunningSuite suite)
      throws Exception {
    // Given
    String app = app(suite, "onefile");
    Path dist = dist(11);
    seal(suite, dist, "1.0.0");
    JsonNode first =
        suite.slipway(folder, "bundle", "publish", file(app, "1.0.0"), "--json").json();
    Files.write(dist.resolve("assets/file-7.bin"), noise(12));
    JsonNode sealed = seal(suite, dist, "1.1.0");
    double blobsBefore = suite.metric(Service.INGEST, "slipway_ingest_blobs_total", "stored");

    // When
    JsonNode second;
    long onTheWire;
    try (var line = new Line(suite.ingest().base(), Long.MAX_VALUE)) {
      second = publishThrough(suite, line, app, "1.1.0");
      onTheWire = line.bytesUp();
    }

    // Then
    Map<Digest, Long> before = parts(app, "1.0.0");
    Map<Digest, Long> after = parts(app, "1.1.0");
    after.keySet().removeAll(before.keySet());
    long manifest = manifest(app, "1.1.0").length;
    long blobs = after.values().stream().mapToLong(Long::longValue).sum();
    System.out.printf(
        "first version: %,d bytes; one file of %d changed (%,d bytes): %,d bytes in %d parts, manifest"
            + " %,d, on the wire %,d%n",
        first.at("/sent_bytes").asLong(),
        FILES + 1,
        FILE_BYTES,
        blobs,
        after.size(),
        manifest,
        onTheWire);
    assertThat(after).as("the file's blob and the index").hasSize(2);
    assertThat(second.at("/sent/parts").asInt()).isEqualTo(2);
    assertThat(second.at("/sent/bytes").asLong()).isEqualTo(blobs);
    assertThat(second.at("/commit_bytes").asLong()).isEqualTo(manifest);
    assertThat(second.at("/sent_bytes").asLong()).isEqualTo(blobs + manifest);
    assertThat(second.at("/there/parts").asInt()).isEqualTo(FILES);
    assertThat(suite.metric(Service.INGEST, "slipway_ingest_blobs_total", "stored") - blobsBefore)
        .isEqualTo(2);
    assertThat(onTheWire).isBetween(blobs + manifest, blobs + manifest + HEADERS * (FILES + 2 + 3));
    // and sealing had said so
    assertThat(sealed.at("/comparison/travel_parts").asInt()).isEqualTo(2);
    assertThat(sealed.at("/comparison/travel_bytes").asLong()).isEqualTo(blobs);
    assertThat(sealed.at("/comparison/manifest_bytes").asLong()).isEqualTo(manifest);
    assertThat(sealed.at("/comparison/changed").asInt()).isEqualTo(1);
    assertThat(sealed.at("/comparison/same").asInt()).isEqualTo(FILES);
  }

  @Test
  void a_publish_killed_in_the_middle_is_resumed(RunningSuite suite) throws Exception {
    // Given: a line that goes silent after a third of the bytes
    String app = app(suite, "killed");
    seal(suite, dist(21), "1.0.0");
    Map<Digest, Long> parts = parts(app, "1.0.0");
    long total = parts.values().stream().mapToLong(Long::longValue).sum();
    try (var line = new Line(suite.ingest().base(), total / 3)) {
      Process publish =
          suite.begin(
              folder,
              environment(suite, line),
              folder.resolve("killed.out"),
              "bundle",
              "publish",
              file(app, "1.0.0"));
      assertThat(line.awaitSilence(120)).isTrue();
      publish.destroyForcibly().waitFor();
    }
    boolean visible = suite.ingest().find(path(app, "1.0.0"), BundleState.class).isPresent();

    // When
    JsonNode resumed;
    long onTheWire;
    try (var line = new Line(suite.ingest().base(), Long.MAX_VALUE)) {
      resumed = publishThrough(suite, line, app, "1.0.0");
      onTheWire = line.bytesUp();
    }
    JsonNode again =
        suite.slipway(folder, "bundle", "publish", file(app, "1.0.0"), "--json").json();

    // Then
    assertThat(visible).as("half a version").isFalse();
    int there = resumed.at("/there/parts").asInt();
    System.out.printf(
        "killed after %,d of %,d bytes; %d of %d parts had arrived, %,d bytes sent by the second run%n",
        total / 3, total, there, parts.size(), onTheWire);
    assertThat(there).isBetween(1, parts.size() - 1);
    assertThat(resumed.at("/sent/parts").asInt()).isEqualTo(parts.size() - there);
    assertThat(resumed.at("/is_new").asBoolean()).isTrue();
    assertThat(onTheWire).isLessThan(total);
    assertThat(again.at("/is_new").asBoolean()).isFalse();
    assertThat(again.at("/sent/parts").asInt()).isZero();
    assertThat(again.at("/bundle/accepted_at")).isEqualTo(resumed.at("/bundle/accepted_at"));
  }

  @Test
  void bundles_of_the_stock_capgo_command_line_are_published_as_they_come_and_served_byte_for_byte(
      RunningSuite suite) throws Exception {
    // Given
    String app = app(suite, "capgo");
    Path zip = CAPGO.resolve("com.demo.app_1.0.1.v3-plugin8.51.23.enc.zip");

    // When
    JsonNode v3 = capgo(suite, app, "1.0.1", zip, "encrypt-v3-plugin8.51.23.json").json();
    JsonNode again = capgo(suite, app, "1.0.1", zip, "encrypt-v3-plugin8.51.23.json").json();
    JsonNode v2 =
        capgo(
                suite,
                app,
                "1.0.2",
                CAPGO.resolve("com.demo.app_1.0.1.v2-plugin7.27.8.enc.zip"),
                "encrypt-v2-plugin7.27.8.json")
            .json();
    JsonNode delta =
        suite
            .slipway(
                folder,
                "bundle",
                "publish",
                "--app",
                app,
                "--app-version",
                "1.0.3",
                "--capgo-files",
                CAPGO.resolve("delta-v3").toString(),
                "--public-key",
                CAPGO.resolve("demo_key_v2.pub.pem").toString(),
                "--json")
            .json();
    var plain =
        capgo(suite, app, "1.0.4", CAPGO.resolve("com.demo.app_1.0.1.zip"), "zip-1.0.1.json");
    JsonNode list = suite.slipway(folder, "bundle", "list", "--app", app, "--json").json();

    // Then
    assertThat(v3.at("/bundle/capgo/scheme").asText()).isEqualTo("v3");
    assertThat(v3.at("/bundle/capgo/key_id").asText()).isEqualTo("MIIBCgKCAQEAnhGZZEW6");
    assertThat(v3.at("/sent/bytes").asLong()).isEqualTo(Files.size(zip));
    assertThat(again.at("/is_new").asBoolean()).isFalse();
    assertThat(again.at("/sent/parts").asInt()).isZero();
    assertThat(v2.at("/bundle/capgo/scheme").asText()).isEqualTo("v2");
    assertThat(delta.at("/bundle/format").asText()).isEqualTo("capgo_files");
    assertThat(delta.at("/sent/parts").asInt()).isEqualTo(3);
    assertThat(plain.exit()).isEqualTo(1);
    assertThat(plain.err()).contains("not-encrypted");
    assertThat(list.findValuesAsText("version")).containsExactly("1.0.3", "1.0.2", "1.0.1");

    // When it is given to everybody
    rollOut(suite, app, "1.0.1");
    var phone = new Phone(suite.delivery(), AppId.of(app), UUID.randomUUID().toString());
    await().atMost(Duration.ofSeconds(30)).until(() -> phone.isOffered("1.0.1", Phone.NATIVE));
    JsonNode offer = phone.check(Phone.NATIVE);

    // Then devices get what the command line made
    assertThat(phone.download(offer).body()).isEqualTo(Files.readAllBytes(zip));
    JsonNode printed =
        Json.LENIENT.readTree(CAPGO.resolve("encrypt-v3-plugin8.51.23.json").toFile());
    assertThat(offer.get("session_key")).isEqualTo(printed.get("ivSessionKey"));
    assertThat(offer.get("checksum")).isEqualTo(printed.get("checksum"));
  }

  @Test
  void a_release_file_by_file_is_made_published_and_opened_by_a_device(RunningSuite suite)
      throws Exception {
    // Given
    String app = app(suite, "delta");
    Path dist = Files.createDirectories(folder.resolve("web/assets")).getParent();
    Files.writeString(dist.resolve("index.html"), "<!doctype html><title>Tides</title>");
    Files.writeString(dist.resolve("assets/moon.js"), "moon()");

    // When
    JsonNode made =
        suite
            .slipway(
                folder, "bundle", "capgo-manifest", dist.toString(), "--out", "delta", "--json")
            .json();
    JsonNode published =
        suite
            .slipway(
                folder,
                "bundle",
                "publish",
                "--app",
                app,
                "--app-version",
                "1.0.1",
                "--capgo-files",
                "delta",
                "--json")
            .json();
    rollOut(suite, app, "1.0.1");
    var phone = new Phone(suite.delivery(), AppId.of(app), UUID.randomUUID().toString());
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> phone.check(Phone.NATIVE).path("version").asText().equals("1.0.1"));
    JsonNode offer = phone.check(Phone.NATIVE);

    // Then a device gets each file, and opens it with the public key that is in the app
    assertThat(made.toString()).doesNotContain("PRIVATE");
    assertThat(published.at("/bundle/format").asText()).isEqualTo("capgo_files");
    var publicKey =
        CapgoPublicKey.parsePem(Files.readString(folder.resolve("slipway-keys/capgo.pub.pem")));
    var session = CapgoSession.open(publicKey, offer.path("session_key").asText());
    var files = new TreeMap<String, String>();
    for (JsonNode file : offer.path("manifest")) {
      byte[] stored = bytes(URI.create(file.path("download_url").asText()));
      String name = file.path("file_name").asText();
      assertThat(stored).isEqualTo(Files.readAllBytes(folder.resolve("delta").resolve(name)));
      try (var plain = session.decrypt(new ByteArrayInputStream(stored))) {
        files.put(name, new String(plain.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    assertThat(files)
        .containsExactly(
            Map.entry("assets/moon.js", "moon()"),
            Map.entry("index.html", "<!doctype html><title>Tides</title>"));
  }

  /// All that the services keep anywhere: every row, every record, every object.
  @Test
  void after_a_release_the_servers_hold_no_key_no_name_and_no_content(RunningSuite suite)
      throws Exception {
    // Given
    String app = app(suite, "blind");
    Path dist = Files.createDirectories(folder.resolve("dist/ledgers")).getParent();
    Files.writeString(dist.resolve("index.html"), "<!doctype html>a hidden harbour");
    Files.writeString(dist.resolve("ledgers/lighthouse.js"), "keepers(['Ada', 'Grace'])");
    JsonNode sealed =
        suite
            .slipway(
                folder,
                "bundle",
                "seal",
                dist.toString(),
                "--app-version",
                "1.0.1",
                "--note",
                "en=a whispered note",
                "--json")
            .json();
    Path keys = folder.resolve("slipway-keys");
    var secrets = new TreeSet<String>();
    var ring =
        Pattern.compile("\"key\":\"([A-Za-z0-9_-]{43})\"")
            .matcher(Files.readString(keys.resolve("keyring.json")));
    while (ring.find()) {
      byte[] key = Base64.getUrlDecoder().decode(ring.group(1));
      secrets.add(ring.group(1));
      secrets.add(Base64.getEncoder().encodeToString(key));
      secrets.add(HexFormat.of().formatHex(key));
      secrets.add(latin(key));
    }
    for (String pem : List.of("publisher.key.pem", "capgo.key.pem", "capgo.pub.pem")) {
      secrets.add(Files.readAllLines(keys.resolve(pem)).get(1));
    }
    assertThat(secrets).hasSizeGreaterThan(10);
    secrets.addAll(
        List.of("lighthouse", "ledgers", "hidden harbour", "keepers(", "whispered note"));

    // When
    suite.slipway(folder, "bundle", "publish", file(app, "1.0.1"), "--json").json();
    rollOut(suite, app, "1.0.1");
    var phone = new Phone(suite.delivery(), AppId.of(app), UUID.randomUUID().toString());
    await().atMost(Duration.ofSeconds(30)).until(() -> phone.isOffered("1.0.1", Phone.NATIVE));

    // Then
    var kept = new StringBuilder();
    rows(suite, kept);
    int rows = kept.length();
    for (var topic : Topics.ALL) {
      try (var reader = TopicReader.fromBeginning(suite.endpoints(), topic.name())) {
        for (var record : reader.toEnd()) {
          kept.append(record.key()).append(latin(record.value()));
          record.headers().forEach(header -> kept.append(latin(header.value())));
        }
      }
    }
    int records = kept.length() - rows;
    try (var objects = Files.walk(suite.stack().folder().resolve("s3/data"))) {
      for (Path object : objects.filter(Files::isRegularFile).toList()) {
        kept.append(object.getFileName()).append(latin(Files.readAllBytes(object)));
      }
    }
    String all = kept.toString();
    System.out.printf(
        "searched %,d characters of rows, %,d of records, %,d of objects%n",
        rows, records, kept.length() - rows - records);
    String digest = sealed.at("/bundle/manifest").asText();
    assertThat(all.substring(0, rows)).as("what is there is found").contains(digest);
    assertThat(all.substring(rows, rows + records)).contains(digest);
    assertThat(all.substring(rows + records)).contains(digest);
    assertThat(secrets).allSatisfy(secret -> assertThat(all.contains(secret)).isFalse());
  }

  /// Each value of each table of each service.
  private static void rows(RunningSuite suite, StringBuilder to) throws Exception {
    var endpoints = suite.endpoints();
    try (var connection =
            DriverManager.getConnection(
                endpoints.jdbcUrl(), endpoints.user(), endpoints.password());
        var statement = connection.createStatement()) {
      var tables = new ArrayList<String>();
      try (var found =
          statement.executeQuery(
              "select format('%I.%I', schemaname, tablename) from pg_tables"
                  + " where schemaname not in ('pg_catalog', 'information_schema')")) {
        while (found.next()) tables.add(found.getString(1));
      }
      assertThat(tables).hasSizeGreaterThan(10);
      for (String table : tables) {
        try (var rows = statement.executeQuery("select * from " + table)) {
          var columns = rows.getMetaData();
          while (rows.next()) {
            for (int i = 1; i <= columns.getColumnCount(); i++) {
              boolean binary = columns.getColumnType(i) == Types.BINARY;
              byte[] bytes = binary ? rows.getBytes(i) : null;
              to.append(bytes == null ? rows.getString(i) : latin(bytes)).append('\n');
            }
          }
        }
      }
    }
  }

  /// Each byte as one character.
  private static String latin(byte[] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Test
  void air_packages_are_published_as_they_come_and_described_to_air_applications(RunningSuite suite)
      throws Exception {
    // Given
    String app = "com.example.tides.air";
    suite
        .slipway(
            folder,
            "app",
            "create",
            app,
            "--certificate",
            AIR.resolve("publisher.pem").toString(),
            "--version-scheme",
            "air",
            "--confidentiality",
            "none",
            "--json")
        .json();
    Path first = AIR.resolve("com.example.tides.air-1.0.air");

    // When
    JsonNode published =
        suite.slipway(folder, "bundle", "publish", "--air", first.toString(), "--json").json();
    JsonNode again =
        suite.slipway(folder, "bundle", "publish", "--air", first.toString(), "--json").json();
    JsonNode lineage = suite.slipway(folder, "cert", "lineage", "--app", app, "--json").json();
    rollOut(suite, app, "1.0");
    URI described =
        suite.delivery().resolve("/v1/apps/" + app + "/channels/production/air/update.xml");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> text(described).contains("<versionNumber>1.0</versionNumber>"));
    URI packageAddress = URI.create(text(described).replaceAll("(?s).*<url>(.*)</url>.*", "$1"));
    URI release = suite.delivery().resolve("/v1/apps/" + app + "/releases/1.0/");

    // Then
    assertThat(published.at("/bundle/format").asText()).isEqualTo("air");
    assertThat(published.at("/sent_bytes").asLong()).isEqualTo(Files.size(first));
    assertThat(again.at("/is_new").asBoolean()).isFalse();
    assertThat(lineage.at("/0/version").asText()).isEqualTo("1.0");
    assertThat(lineage.at("/0/status").asText()).isEqualTo("current");
    assertThat(bytes(packageAddress)).isEqualTo(Files.readAllBytes(first));
    assertThat(text(release.resolve("update.xml"))).isEqualTo(text(described));
    assertThat(text(release.resolve("certificate.pem")))
        .isEqualTo(Files.readString(AIR.resolve("publisher.pem")));
  }

  @Test
  void a_withdrawn_version_is_said_to_be_so(RunningSuite suite) throws Exception {
    // Given
    String app = app(suite, "withdrawn");
    seal(suite, dist(31), "1.0.0");
    suite.slipway(folder, "bundle", "publish", file(app, "1.0.0"), "--json").json();

    // When
    JsonNode withdrawn =
        suite
            .slipway(
                folder, "bundle", "withdraw", "1.0.0", "--app", app, "--reason", "a test", "--json")
            .json();
    JsonNode published =
        suite
            .slipway(folder, "bundle", "list", "--app", app, "--status", "published", "--json")
            .json();
    JsonNode all = suite.slipway(folder, "bundle", "list", "--app", app, "--json").json();

    // Then
    assertThat(withdrawn.get("status").asText()).isEqualTo("withdrawn");
    assertThat(withdrawn.at("/withdrawal/reason").asText()).isEqualTo("a test");
    assertThat(published).isEmpty();
    assertThat(all.at("/0/status").asText()).isEqualTo("withdrawn");
  }

  /// Gives a version to everybody.
  private void rollOut(RunningSuite suite, String app, String version) throws Exception {
    suite
        .slipway(
            folder,
            "rollout",
            "start",
            "--app",
            app,
            "--app-version",
            version,
            "--stage",
            "100 %,PT0S,time",
            "--reason",
            "a test",
            "--json")
        .json();
  }

  private static byte[] bytes(URI address) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(address).GET().build(), BodyHandlers.ofByteArray())
          .body();
    }
  }

  private static String text(URI address) throws Exception {
    return new String(bytes(address), StandardCharsets.UTF_8);
  }

  private RunningSuite.Said capgo(
      RunningSuite suite, String app, String version, Path zip, String printed) throws Exception {
    return suite.slipway(
        folder,
        "bundle",
        "publish",
        "--app",
        app,
        "--app-version",
        version,
        "--capgo",
        zip.toString(),
        "--capgo-json",
        CAPGO.resolve(printed).toString(),
        "--public-key",
        CAPGO.resolve("demo_key_v2.pub.pem").toString(),
        "--json");
  }

  private String app(RunningSuite suite, String name) throws Exception {
    String app = "dev.slipway.publish." + name;
    suite.slipway(folder, "keys", "init", app, "--json").json();
    suite.slipway(folder, "app", "create", app, "--json").json();
    return app;
  }

  /// A release of files that no compression makes smaller.
  private Path dist(long seed) throws IOException {
    Path dist = Files.createDirectories(folder.resolve("dist/assets")).getParent();
    Files.writeString(dist.resolve("index.html"), "<!doctype html><title>Tides</title>");
    for (int i = 0; i < FILES; i++) {
      Files.write(dist.resolve("assets/file-" + i + ".bin"), noise(seed * FILES + i));
    }
    return dist;
  }

  private static byte[] noise(long seed) {
    byte[] bytes = new byte[FILE_BYTES];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private JsonNode seal(RunningSuite suite, Path dist, String version) throws Exception {
    return suite
        .slipway(
            folder,
            "bundle",
            "seal",
            dist.toString(),
            "--app-version",
            version,
            "--no-capgo",
            "--json")
        .json();
  }

  private JsonNode publishThrough(RunningSuite suite, Line line, String app, String version)
      throws Exception {
    Path out = folder.resolve("publish.out");
    Process publish =
        suite.begin(
            folder,
            environment(suite, line),
            out,
            "bundle",
            "publish",
            file(app, version),
            "--json");
    assertThat(publish.waitFor()).isZero();
    return Json.LENIENT.readTree(Files.readString(out));
  }

  private static Map<String, String> environment(RunningSuite suite, Line line) throws IOException {
    return Map.of(
        "SLIPWAY_INGEST_URL", line.near().toString(), "SLIPWAY_ACCESS_KEY", suite.ownerKey());
  }

  private static String file(String app, String version) {
    return app + "-" + version + ".slipway";
  }

  private static String path(String app, String version) {
    return "/v1/apps/" + app + "/bundles/" + version;
  }

  private byte[] manifest(String app, String version) throws IOException {
    try (Container container = Container.open(folder.resolve(file(app, version)))) {
      return container.manifest();
    }
  }

  private Map<Digest, Long> parts(String app, String version) throws IOException {
    Manifest manifest = ManifestVerifier.readUnverified(manifest(app, version));
    return manifest.allBlobs().collect(Collectors.toMap(Blob::id, Blob::size));
  }
}
