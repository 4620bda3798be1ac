package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CAPGO_OPEN;
import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;
import static dev.slipway.bundle.Golden.KEYS;
import static dev.slipway.bundle.Refusal.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Held against files that the Capgo command line made. */
class CapgoZipTest {

  private static final String ENCRYPTED = "com.demo.app_1.0.1.v3-plugin8.51.23.enc.zip";

  @TempDir Path temp;

  @Test
  void opensWhatTheCapgoCommandLineMade() throws IOException {
    JsonObject facts = facts("encrypt-v3-plugin8.51.23.json");

    byte[] plain =
        CapgoZip.open(
            bytes(ENCRYPTED), publicKey(), facts.string("ivSessionKey"), facts.string("checksum"));

    assertThat(plain).isEqualTo(bytes("com.demo.app_1.0.1.zip"));
  }

  @Test
  void wrapsAsTheCapgoCommandLineDoes() throws IOException {
    // Type 1 padding is not random: equal content and key give an equal checksum and session key.
    CapgoKeys keys = CapgoKeys.parsePrivatePem(text("demo_key_v2.private.pem"));
    JsonObject facts = facts("encrypt-v3-plugin8.51.23.json");
    String sessionKey = facts.string("ivSessionKey");
    byte[] wrapped = Base64.getDecoder().decode(sessionKey.substring(sessionKey.indexOf(':') + 1));
    byte[] aesKey = publicKey().unwrap(wrapped, 16);

    byte[] checksum = keys.wrap(Digest.sha256(bytes("com.demo.app_1.0.1.zip")).bytes());

    assertThat(HexFormat.of().formatHex(checksum)).isEqualTo(facts.string("checksum"));
    assertThat(keys.wrap(aesKey)).isEqualTo(wrapped);
  }

  @Test
  void writesKeysAsTheCapgoCommandLineDoes() throws IOException {
    CapgoKeys keys = CapgoKeys.parsePrivatePem(text("demo_key_v2.private.pem"));

    assertThat(keys.revealPem()).isEqualTo(text("demo_key_v2.private.pem"));
    assertThat(keys.publicKey().pem()).isEqualTo(text("demo_key_v2.pub.pem"));
    assertThat(keys.publicKey().keyId()).isEqualTo("MIIBCgKCAQEAnhGZZEW6");
    assertThat(keys.toString()).doesNotContain("BEGIN").contains("redacted");
  }

  static List<String[]> wrong() throws IOException {
    JsonObject facts = facts("encrypt-v3-plugin8.51.23.json");
    String session = facts.string("ivSessionKey");
    String checksum = facts.string("checksum");
    String iv = session.substring(0, session.indexOf(':'));
    JsonObject v2 = facts("encrypt-v2-plugin7.27.8.json");
    return List.of(
        new String[] {session, flippedHex(checksum)},
        new String[] {session, "0".repeat(512)},
        new String[] {session, "f".repeat(512)},
        new String[] {session, checksum.substring(2)},
        new String[] {session, ""},
        new String[] {session, "no hex"},
        new String[] {session, v2.string("checksum")},
        new String[] {session.substring(0, 40), checksum},
        new String[] {"", checksum},
        new String[] {":", checksum},
        new String[] {iv, checksum},
        new String[] {iv + ":" + iv, checksum},
        new String[] {"AAAA" + session.substring(session.indexOf(':')), checksum},
        new String[] {v2.string("ivSessionKey"), checksum});
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("wrong")
  void refusesOffersThatDoNotFit(String sessionKey, String checksum) throws IOException {
    byte[] encrypted = bytes(ENCRYPTED);
    CapgoPublicKey key = publicKey();

    assertRefused(CAPGO_OPEN, () -> CapgoZip.open(encrypted, key, sessionKey, checksum));
  }

  @Test
  void refusesOtherBytesAndOtherKeys() throws IOException {
    JsonObject facts = facts("encrypt-v3-plugin8.51.23.json");
    String session = facts.string("ivSessionKey");
    String checksum = facts.string("checksum");
    byte[] changed = bytes(ENCRYPTED);
    changed[changed.length / 2] ^= 1;

    assertRefused(CAPGO_OPEN, () -> CapgoZip.open(changed, publicKey(), session, checksum));
    assertRefused(CAPGO_OPEN, () -> CapgoZip.open(new byte[15], publicKey(), session, checksum));
    assertRefused(CAPGO_OPEN, () -> CapgoZip.open(new byte[0], publicKey(), session, checksum));
    assertRefused(
        CAPGO_OPEN,
        () -> CapgoZip.open(bytes(ENCRYPTED), KEYS.capgo().publicKey(), session, checksum));
  }

  @Test
  void makesARenditionThatOpensToTheSameFiles() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    contents.put("index.html", "<p>hello</p>".repeat(100));
    contents.put("assets/\u00e9.js", "go();");
    contents.put("assets/empty.txt", "");
    TreeMap<String, Path> files = new TreeMap<>();
    for (Map.Entry<String, String> content : contents.entrySet()) {
      Path file = temp.resolve("f" + files.size());
      files.put(content.getKey(), Files.writeString(file, content.getValue()));
    }

    CapgoRendition made =
        CapgoZip.make(files, KEYS.appId(), KEYS.dataKey(), KEYS.capgo(), temp.resolve("one"));
    CapgoRendition again =
        CapgoZip.make(files, KEYS.appId(), KEYS.dataKey(), KEYS.capgo(), temp.resolve("two"));

    assertThat(again).isEqualTo(made);
    byte[] encrypted = Files.readAllBytes(temp.resolve("one"));
    assertThat(Digest.sha256(encrypted)).isEqualTo(made.id());
    assertThat((long) encrypted.length).isEqualTo(made.size());
    byte[] plain =
        CapgoZip.open(encrypted, KEYS.capgo().publicKey(), made.sessionKey(), made.checksum());
    assertThat(unzipped(plain)).isEqualTo(contents);
    assertThat(made.keyId()).isEqualTo(KEYS.capgo().publicKey().keyId());
  }

  @Test
  void opensTheRenditionOfTheGoldenBundle() throws IOException {
    try (Container container = Container.open(Golden.folder().resolve("bundle.slipway"))) {
      CapgoRendition capgo = ManifestVerifier.readUnverified(container.manifest()).capgo();

      byte[] plain =
          CapgoZip.open(
              container.open(capgo.id()).readAllBytes(),
              CapgoPublicKey.parsePem(KEYS.capgo().publicKey().pem()),
              capgo.sessionKey(),
              capgo.checksum());

      Map<String, String> files = unzipped(plain);
      assertThat(files.keySet())
          .containsExactly(
              "assets/app.js",
              "assets/copy.html",
              "assets/empty.txt",
              "assets/note.txt",
              "index.html");
      assertThat(files.get("index.html"))
          .isEqualTo(Files.readString(Golden.folder().resolve("files/index.html")));
    }
  }

  @Test
  void refusesTextsThatAreNoKeys() throws IOException {
    String publicPem = text("demo_key_v2.pub.pem");
    String privatePem = text("demo_key_v2.private.pem");

    assertRefused(KEY_INVALID, () -> CapgoPublicKey.parsePem(privatePem));
    assertRefused(KEY_INVALID, () -> CapgoPublicKey.parsePem(""));
    assertRefused(KEY_INVALID, () -> CapgoPublicKey.parsePem(publicPem.replace("RSA ", "")));
    assertRefused(KEY_INVALID, () -> CapgoPublicKey.parsePem(publicPem.replace("MIIB", "MIIC")));
    assertRefused(KEY_INVALID, () -> CapgoKeys.parsePrivatePem(publicPem));
    assertRefused(KEY_INVALID, () -> CapgoKeys.parsePrivatePem(privatePem.replace("MIIE", "MIIF")));
  }

  private static String flippedHex(String hex) {
    return (hex.charAt(0) == '1' ? "2" : "1") + hex.substring(1);
  }

  private static Map<String, String> unzipped(byte[] zip) throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        files.put(entry.getName(), new String(in.readAllBytes(), UTF_8));
      }
    }
    return files;
  }

  private static CapgoPublicKey publicKey() throws IOException {
    return CapgoPublicKey.parsePem(text("demo_key_v2.pub.pem"));
  }

  private static JsonObject facts(String name) throws IOException {
    return StrictJson.parse(bytes(name));
  }

  private static String text(String name) throws IOException {
    return new String(bytes(name), UTF_8);
  }

  private static byte[] bytes(String name) throws IOException {
    try (InputStream in = Files.newInputStream(Golden.resource("capgo/" + name))) {
      return in.readAllBytes();
    }
  }
}
