package dev.slipway.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever bytes a parser gets, it reads them or refuses them; nothing else ever comes out. */
class HostileInputTest {

  private static final int ROUNDS = 5_000;

  static List<Arguments> parsers() {
    byte[] jws = Golden.jws();
    byte[] header = SignedManifest.parse(jws).signatures().get(0).headerBytes();
    Secret key = Secret.of(new byte[32]);
    Index.File file = new Index.File("a", Digest.sha256(jws), key, 1, Digest.sha256(new byte[1]));
    byte[] index = new Index(Golden.KEYS.appId(), "1", List.of(file), Map.of("en", "x")).write();
    List<Arguments> parsers = new ArrayList<>();
    parsers.add(parser("manifest", jws, b -> ManifestVerifier.verify(b, Golden.LEAF, Golden.NOW)));
    parsers.add(parser("payload", bytes(Golden.payload()), ManifestJson::read));
    parsers.add(parser("header", header, SignatureHeader::parse));
    parsers.add(
        parser("certificate", Golden.KEYS.certificate().der(), PublisherCertificate::parse));
    parsers.add(parser("index", index, Index::read));
    parsers.add(parser("blob", sealed(key), b -> open(b, key)));
    parsers.add(
        parser(
            "certificate PEM",
            bytes(Golden.KEYS.certificate().pem()),
            b -> PublisherCertificate.parsePem(text(b))));
    parsers.add(
        parser(
            "Capgo public key",
            bytes(Golden.KEYS.capgo().publicKey().pem()),
            b -> CapgoPublicKey.parsePem(text(b))));
    return parsers;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("parsers")
  void refusesOrReads(String name, byte[] good, Consumer<byte[]> parser) {
    long seed = 4711;
    System.out.println("HostileInputTest " + name + ", seed " + seed);
    Random random = new Random(seed);
    parser.accept(good);
    int refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
      byte[] damaged = Hostile.damaged(good, random);
      try {
        parser.accept(damaged);
      } catch (BundleException e) {
        refused++;
        assertThat(e.getMessage()).hasSizeLessThan(400);
      }
    }
    assertThat(refused).isGreaterThan(ROUNDS / 2);
  }

  private static Arguments parser(String name, byte[] good, Consumer<byte[]> parser) {
    return Arguments.of(name, good, parser);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static byte[] sealed(Secret key) {
    ByteArrayOutputStream sealed = new ByteArrayOutputStream();
    try {
      BlobCodec.seal(
          new ByteArrayInputStream(new byte[17_000]), sealed, key, new byte[24], new byte[0]);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return sealed.toByteArray();
  }

  private static void open(byte[] sealed, Secret key) {
    try {
      BlobCodec.open(
          new ByteArrayInputStream(sealed), new ByteArrayOutputStream(), key, new byte[0]);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
