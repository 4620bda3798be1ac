package dev.slipway.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Version 1 of the format stays what it is: these files were made once and must open for ever. */
class GoldenTest {

  @TempDir Path temp;

  @Test
  void opensTheGoldenBundle() throws IOException {
    try (Container container = Container.open(Golden.folder().resolve("bundle.slipway"))) {
      VerifiedManifest verified =
          ManifestVerifier.verify(container.manifest(), Golden.LEAF, Golden.NOW);

      for (WrappingKey key :
          new WrappingKey[] {Golden.KEYS.fleetKeys().get(0), Golden.KEYS.publisherKey()}) {
        Path opened = temp.resolve(key.kid());
        Opener.Contents contents = new Opener(verified, key, container).open(opened);

        assertThat(contents.notes()).containsEntry("fr", "La première.").hasSize(2);
        assertThat(contents.files()).hasSize(5);
        assertSameFiles(opened, Golden.folder().resolve("files"));
      }
      assertThat(verified.digest()).hasToString("c2rGuoJfX0-nUi0E3Y7BhtRyKbx1LfQMzmiA-031MA8");
      assertThat(verified.leaf().fingerprint())
          .hasToString("LOS9W1UssTobMieQxe9g968_FZvAG3ZVXIsu-1kjDUc");
    }
  }

  @Test
  void sealsTheSameBlobsAsBefore() throws IOException {
    // Given the golden bundle. Its Capgo zip depends on the platform's deflate, so it stays out.
    Manifest golden = ManifestVerifier.readUnverified(Golden.jws());

    Manifest sealed =
        new Sealer(Golden.KEYS, Golden.CLOCK)
            .seal(
                Golden.request(Golden.folder().resolve("files"), "1.0.0", false).with(Packing.NONE),
                temp.resolve("again"),
                (done, total) -> {})
            .manifest();

    Manifest expected =
        new Manifest(
            golden.appId(),
            golden.publisherId(),
            golden.version(),
            golden.securityEpoch(),
            golden.created(),
            golden.compat(),
            golden.cekCommit(),
            golden.recipients(),
            golden.index(),
            golden.blobs(),
            golden.totalSize(),
            null);
    assertThat(sealed).isEqualTo(expected);
  }

  @Test
  void agreesWithAnIndependentProgram() throws IOException {
    JsonObject vectors =
        StrictJson.parse(Files.readAllBytes(Golden.folder().resolve("vectors.json")));
    AppId app = AppId.of(vectors.string("app_id"));
    String version = vectors.string("version");
    Secret dataKey = Secret.parse(vectors.string("data_key"));
    byte[] index = vectors.string("index").getBytes(StandardCharsets.UTF_8);
    Digest indexDigest = Digest.sha256(index);

    Secret cek = KeySchedule.cek(dataKey, app, version, indexDigest);
    Secret indexKey = KeySchedule.indexKey(cek);
    byte[] indexSalt = KeySchedule.indexSalt(cek, indexDigest);
    WrappingKey fleet = new WrappingKey("fleet-1", Secret.parse(vectors.string("kek")));
    WrappingKey publisher = new WrappingKey("publisher-1", KeySchedule.publisherKey(dataKey));

    assertThat(cek.reveal()).isEqualTo(vectors.string("cek"));
    assertThat(KeySchedule.cekCommit(cek)).hasToString(vectors.string("cek_commit"));
    assertThat(indexKey.reveal()).isEqualTo(vectors.string("index_key"));
    assertThat(Base64Url.encode(indexSalt)).isEqualTo(vectors.string("index_salt"));
    assertThat(
            Base64Url.encode(
                seal(index, indexKey, indexSalt, KeySchedule.indexContext(app, version))))
        .isEqualTo(vectors.string("index_blob"));
    assertThat(fleet.wrap(cek).ek()).isEqualTo(vectors.string("ek"));
    assertThat(publisher.key().reveal()).isEqualTo(vectors.string("publisher_key"));
    assertThat(publisher.wrap(cek).ek()).isEqualTo(vectors.string("publisher_ek"));
    for (JsonObject vector : vectors.objects("blobs")) {
      byte[] plain = new byte[(int) vector.integer("len")];
      for (int i = 0; i < plain.length; i++) {
        plain[i] = (byte) (i % 251);
      }
      Secret key = KeySchedule.fileKey(dataKey, app, Digest.sha256(plain));
      byte[] salt = KeySchedule.fileSalt(dataKey, app, Digest.sha256(plain));
      byte[] sealed = seal(plain, key, salt, KeySchedule.fileContext(app));

      assertThat(key.reveal()).isEqualTo(vector.string("key"));
      assertThat(Base64Url.encode(salt)).isEqualTo(vector.string("salt"));
      assertThat(Base64Url.encode(Arrays.copyOfRange(sealed, 24, 56)))
          .isEqualTo(vector.string("commitment"));
      assertThat((long) sealed.length).isEqualTo(vector.integer("size"));
      assertThat(Digest.sha256(sealed)).hasToString(vector.string("id"));
    }
  }

  private static byte[] seal(byte[] plain, Secret key, byte[] salt, byte[] context)
      throws IOException {
    ByteArrayOutputStream sealed = new ByteArrayOutputStream();
    BlobCodec.seal(new ByteArrayInputStream(plain), sealed, key, salt, context);
    return sealed.toByteArray();
  }

  static void assertSameFiles(Path actual, Path expected) throws IOException {
    assertThat(files(actual)).isEqualTo(files(expected)).isNotEmpty();
    for (Path file : files(expected)) {
      assertThat(actual.resolve(file)).hasSameBinaryContentAs(expected.resolve(file));
    }
  }

  private static Set<Path> files(Path folder) throws IOException {
    Set<Path> files = new HashSet<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      walk.filter(Files::isRegularFile).map(folder::relativize).forEach(files::add);
    }
    return files;
  }
}
