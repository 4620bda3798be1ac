package dev.slipway.bundle;

import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.BundleException.Reason;
import dev.slipway.bundle.Continuity.Accepted;
import dev.slipway.bundle.Continuity.Migrated;
import dev.slipway.bundle.Continuity.Same;
import dev.slipway.bundle.StrictJson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A bundle with everything in it, and vectors, made once by another implementation: what both agree
 * on is the format.
 */
class GoldenAllTest {

  private static final AppId APP = AppId.of("com.example.all");
  private static final Instant NOW = Instant.parse("2026-11-24T13:00:00Z");
  private static final Path FOLDER = Golden.resource("golden/v1-all");

  @TempDir Path temp;

  @Test
  void opensTheBundleWithEachOfItsKeys() throws IOException {
    JsonObject keys = keys();
    Digest root = Digest.sha256(certificate(keys, "root_certificate"));
    PublisherCertificate former =
        PublisherCertificate.parse(certificate(keys, "former_certificate"));
    Digest leaf = Digest.sha256(certificate(keys, "publisher_certificate"));
    Secret dataKey = Secret.parse(keys.string("data_key"));
    WrappingKey next = new WrappingKey("fleet-2", Secret.parse(keys.string("fleet-2")));
    List<OpeningKey> openers =
        List.of(
            new WrappingKey("fleet-1", Secret.parse(keys.string("fleet-1"))),
            new HpkeKey("escrow-1", Secret.parse(keys.string("escrow-1"))),
            new WrappingKey("publisher-1", KeySchedule.publisherKey(dataKey)));
    try (Container container = Container.open(FOLDER.resolve("bundle.slipway"))) {
      CheckedManifest checked = ManifestVerifier.check(container.manifest(), Set.of(root), NOW);
      Lineage lineage = Lineage.beginningWith(former);

      // When the former certificate is trusted, and when the new one is already
      Continuity first = Continuity.judge(checked, lineage, ContinuityRules.DEFAULT, NOW);
      Continuity later =
          Continuity.judge(checked, Lineage.trusting(leaf), ContinuityRules.DEFAULT, NOW);

      assertThat(first).isInstanceOf(Migrated.class);
      assertThat(later).isInstanceOf(Same.class);
      VerifiedManifest verified = ((Accepted) first).manifest();
      assertThat(verified.manifest().publisherId()).isEqualTo(former.publisherId());
      assertThat(verified.leaf().algorithm()).isEqualTo(SignatureAlgorithm.ES256);
      for (OpeningKey key : openers) {
        Path opened = temp.resolve(key.kid());
        Opener.Contents contents = new Opener(verified, key, container).open(opened);

        GoldenTest.assertSameFiles(opened, FOLDER.resolve("files"));
        assertThat(contents.nextKeys()).containsExactly(next);
        assertThat(contents.notes()).containsEntry("fr", "Tout.");
      }
    }
  }

  @Test
  void derivesTheSameFileKeys() throws IOException {
    // The other implementation's compressor differs; keys follow from what it encrypted.
    Secret dataKey = Secret.parse(keys().string("data_key"));
    byte[] plain = Files.readAllBytes(FOLDER.resolve("files/assets/logo.bin"));
    byte[] padded = java.util.Arrays.copyOf(plain, (int) Packing.padme(plain.length));
    Digest digest = Digest.sha256(padded);
    ByteArrayOutputStream sealed = new ByteArrayOutputStream();

    Blob blob =
        BlobCodec.seal(
            new ByteArrayInputStream(padded),
            sealed,
            KeySchedule.fileKey(dataKey, APP, digest),
            KeySchedule.fileSalt(dataKey, APP, digest),
            KeySchedule.fileContext(APP));

    try (Container container = Container.open(FOLDER.resolve("bundle.slipway"))) {
      assertThat(container.open(blob.id()).readAllBytes()).isEqualTo(sealed.toByteArray());
    }
  }

  @Test
  void agreesWithTheVectors() throws IOException {
    String text = Files.readString(Golden.resource("vectors/bundle.json"));
    JsonObject vectors = StrictJson.parse(lists(text));
    for (JsonObject pair : vectors.objects("padme")) {
      assertThat(Packing.padme(pair.integer("a"))).isEqualTo(pair.integer("b"));
    }
    JsonObject hpke = vectors.object("hpke");
    HpkeKey key = new HpkeKey(hpke.string("kid"), Secret.parse(hpke.string("private_key")));
    assertThat(key.publicKey().x()).isEqualTo(hpke.string("public_key"));
    Delegation delegation = null;
    for (String jws : vectors.strings("delegations")) {
      Lineage lineage = Lineage.trusting(Delegation.signerOf(jws));
      delegation =
          Delegation.verify(
              jws, APP, lineage, ContinuityRules.DEFAULT, Set.of(Delegation.signerOf(jws)), NOW);
      assertThat(delegation.keys())
          .containsExactly(new ReleasePublicKey(vectors.string("release_public_key")));
      vectors = StrictJson.parse(lists(text));
    }
    ReleaseStatement statement =
        ReleaseStatement.verify(
                vectors.string("statement"), List.of(delegation), APP, "production", NOW)
            .statement();
    assertThat(statement.securityFloor()).isEqualTo(2);
    assertThat(statement.releases()).hasSize(1);
    assertThat(statement.releases().get(0).manifest())
        .isEqualTo(Digest.sha256(container().manifest()));
  }

  @Test
  void refusesTheBlobsOfTheVectors() throws IOException {
    JsonObject vectors =
        StrictJson.parse(lists(Files.readString(Golden.resource("vectors/bundle.json"))));
    JsonObject good = vectors.object("blob");
    byte[] plain = new byte[(int) good.integer("len")];
    for (int i = 0; i < plain.length; i++) {
      plain[i] = (byte) (i % 251);
    }
    Secret key = Secret.parse(good.string("key"));
    byte[] context = Base64Url.decode(good.string("context"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Blob blob =
        BlobCodec.seal(
            new ByteArrayInputStream(plain),
            out,
            key,
            Base64Url.decode(good.string("salt")),
            context);
    byte[] sealed = out.toByteArray();
    assertThat(blob.id()).hasToString(good.string("id"));

    int refused = 0;
    for (JsonObject bad : vectors.objects("blobs_refused")) {
      ByteArrayOutputStream joined = new ByteArrayOutputStream();
      for (JsonObject part : bad.objects("parts")) {
        int from = (int) part.integer("a");
        joined.write(sealed, from, (int) part.integer("b") - from);
      }
      byte[] bytes = joined.toByteArray();
      if (bad.has("flip")) {
        bytes[(int) bad.integer("flip")] ^= 1;
      }
      assertRefused(
          Reason.valueOf(bad.string("reason")),
          () ->
              BlobCodec.open(
                  new ByteArrayInputStream(bytes), OutputStream.nullOutputStream(), key, context));
      refused++;
    }
    assertThat(refused).isEqualTo(10);
  }

  /** The library reads no lists of lists, and no nulls: neither is in its formats. */
  private static byte[] lists(String json) {
    return json.replaceAll("\\[\\s*(\\d+),\\s*(\\d+)\\s*\\]", "{\"a\":$1,\"b\":$2}")
        .replaceAll("\"flip\": null,\\s*", "")
        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private static Container container() throws IOException {
    return Container.open(FOLDER.resolve("bundle.slipway"));
  }

  private static JsonObject keys() throws IOException {
    return StrictJson.parse(Files.readAllBytes(FOLDER.resolve("keys.json")));
  }

  private static byte[] certificate(JsonObject keys, String name) {
    return Base64.getDecoder().decode(keys.string(name));
  }
}
