package dev.slipway.bundle;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever bytes a parser gets, it reads them or refuses them; nothing else ever comes out. Runs
 * the fuzz targets with a good seed and with damage to it; the seeds are left in {@code
 * target/fuzz-seeds} for Jazzer.
 */
class HostileInputTest {

  private static final int ROUNDS = 2_000;
  private static final Path SEEDS = Path.of("target", "fuzz-seeds");

  /** What fuzzing found once, a folder for each target. */
  private static final Path FOUND = Path.of("src", "test", "resources", "fuzz");

  static List<Arguments> targets() throws IOException {
    byte[] jws = Golden.jws();
    Signer signer = Golden.KEYS.signer();
    byte[] header = SignedManifest.parse(jws).signatures().get(0).headerBytes();
    Secret key = FuzzTargets.KEY;
    Index.File file =
        new Index.File("a", Digest.sha256(jws), key, 1, Digest.sha256(new byte[1]), true, 20);
    byte[] index =
        new Index(
                Golden.KEYS.appId(),
                "1",
                List.of(file),
                Map.of("en", "x"),
                List.of(new WrappingKey("fleet-2", key)))
            .write();
    ReleaseKey releaseKey = ReleaseKey.parse(key.reveal());
    Delegation delegation =
        new Delegation(
            FuzzTargets.APP,
            List.of("*"),
            List.of(releaseKey.publicKey()),
            Golden.NOW,
            Golden.NOW.plus(Duration.ofDays(30)));
    ReleaseStatement statement =
        new ReleaseStatement(
            FuzzTargets.APP,
            "production",
            7,
            Golden.NOW,
            Golden.NOW.plusSeconds(60),
            0,
            List.of(
                new ReleaseStatement.Release(
                    Digest.sha256(jws), "1.0.0", ReleaseStatement.Role.BASELINE, Golden.NOW)),
            List.of("1.0.1"),
            List.of(Golden.LEAF));
    String chain =
        Authority.root("root", SignatureAlgorithm.ED25519)
            .signer(SignatureAlgorithm.ES256)
            .chain()
            .pem();
    Path folder = Golden.folder().resolve("keys");
    String keys =
        Files.readString(folder.resolve("keyring.json"))
            + Files.readString(folder.resolve("publisher.key.pem"))
            + Files.readString(folder.resolve("publisher.cert.pem"))
            + Files.readString(folder.resolve("capgo.key.pem"));
    List<Arguments> targets = new ArrayList<>();
    add(targets, "SignedManifest", jws, FuzzTargets.SignedManifestTarget::fuzzerTestOneInput);
    add(targets, "Payload", bytes(Golden.payload()), FuzzTargets.PayloadTarget::fuzzerTestOneInput);
    add(targets, "Header", header, FuzzTargets.HeaderTarget::fuzzerTestOneInput);
    add(
        targets,
        "Delegation",
        bytes(delegation.sign(signer)),
        FuzzTargets.DelegationTarget::fuzzerTestOneInput);
    add(
        targets,
        "Statement",
        bytes(statement.sign(releaseKey)),
        FuzzTargets.StatementTarget::fuzzerTestOneInput);
    add(
        targets,
        "Certificate",
        signer.certificate().der(),
        FuzzTargets.CertificateTarget::fuzzerTestOneInput);
    add(targets, "Chain", bytes(chain), FuzzTargets.ChainTarget::fuzzerTestOneInput);
    add(targets, "Index", index, FuzzTargets.IndexTarget::fuzzerTestOneInput);
    add(targets, "Blob", sealed(), FuzzTargets.BlobTarget::fuzzerTestOneInput);
    add(
        targets,
        "Compressed",
        Zstd.compress("a line\n".repeat(143).substring(1).getBytes(StandardCharsets.UTF_8)),
        FuzzTargets.CompressedTarget::fuzzerTestOneInput);
    add(
        targets,
        "Container",
        Files.readAllBytes(Golden.resource("golden/v1-all/bundle.slipway")),
        FuzzTargets.ContainerTarget::fuzzerTestOneInput);
    add(targets, "KeyRing", bytes(keys), FuzzTargets.KeyRingTarget::fuzzerTestOneInput);
    add(
        targets,
        "SigningKey",
        bytes(signer.key().revealPem()),
        FuzzTargets.SigningKeyTarget::fuzzerTestOneInput);
    add(
        targets,
        "HpkePublicKey",
        bytes(new HpkeKey("escrow-1", key).publicKey().json()),
        FuzzTargets.HpkePublicKeyTarget::fuzzerTestOneInput);
    add(
        targets,
        "CapgoPublicKey",
        bytes(Golden.KEYS.capgo().publicKey().pem()),
        FuzzTargets.CapgoPublicKeyTarget::fuzzerTestOneInput);
    return targets;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("targets")
  void refusesOrReads(String name, byte[] seed, FuzzTargets.Parser target) throws IOException {
    long random = 4711;
    System.out.println("HostileInputTest " + name + ", seed " + random);
    Files.createDirectories(SEEDS.resolve(name));
    Files.write(SEEDS.resolve(name).resolve("good"), seed);
    Random damage = new Random(random);
    target.parse(new byte[0]);
    target.parse(seed);
    for (byte[] found : found(name)) target.parse(found);
    for (int i = 0; i < ROUNDS; i++) {
      target.parse(Hostile.damaged(seed, damage));
    }
  }

  private static List<byte[]> found(String name) throws IOException {
    Path folder = FOUND.resolve(name);
    List<byte[]> inputs = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.sorted().toList()) inputs.add(Files.readAllBytes(file));
      }
    }
    return inputs;
  }

  private static void add(
      List<Arguments> targets, String name, byte[] seed, FuzzTargets.Parser target) {
    targets.add(Arguments.of(name, seed, target));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] sealed() throws IOException {
    ByteArrayOutputStream sealed = new ByteArrayOutputStream();
    BlobCodec.seal(
        new ByteArrayInputStream(new byte[20_000]),
        sealed,
        FuzzTargets.KEY,
        new byte[KeySchedule.SALT],
        FuzzTargets.CONTEXT);
    return sealed.toByteArray();
  }
}
