package dev.slipway.bundle;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * One target for each parser that hostile bytes can reach, in the form that Jazzer runs. {@link
 * BundleException} is the one exception that each of them may end with; whatever else comes out is
 * a finding. The tests run them with seeds and damaged seeds; docs/bundle-format.md says how to
 * fuzz.
 */
public final class FuzzTargets {

  static final AppId APP = AppId.of("com.example.app");
  static final Secret KEY = Secret.of(new byte[32]);
  static final byte[] CONTEXT = {1, 2, 3};
  private static final Instant NOW = Golden.NOW;

  private FuzzTargets() {}

  /** What a target does with its input. */
  interface Parser {
    void parse(byte[] data) throws IOException;
  }

  private static void refusesOrReads(byte[] data, Parser parser) {
    try {
      parser.parse(data);
    } catch (BundleException e) {
      // Messages stand in logs and answers.
      if (e.getMessage().length() > 500) {
        throw new IllegalStateException("a long message: " + e.getMessage().length(), e);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(byte[] data) {
    return new String(data, StandardCharsets.ISO_8859_1);
  }

  /** A signed manifest, up to the judgement of who signed it. */
  public static final class SignedManifestTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(
          data,
          bytes ->
              Continuity.judge(
                  ManifestVerifier.check(bytes, Set.of(Golden.LEAF), NOW),
                  Lineage.trusting(Golden.LEAF),
                  ContinuityRules.DEFAULT,
                  NOW));
    }
  }

  /** A manifest's payload; what is read can be written and is then read as the same. */
  public static final class PayloadTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(
          data,
          bytes -> {
            Manifest manifest = ManifestJson.read(bytes);
            if (!ManifestJson.read(ManifestJson.write(manifest)).equals(manifest)) {
              throw new IllegalStateException("written and read is another manifest");
            }
          });
    }
  }

  /** The protected header of a manifest's signature, with its chain. */
  public static final class HeaderTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(data, bytes -> CertificateChain.parse(SignatureHeader.parse(bytes).der()));
    }
  }

  /** A delegation. */
  public static final class DelegationTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(
          data,
          bytes ->
              Delegation.verify(
                  text(bytes),
                  APP,
                  Lineage.trusting(Golden.LEAF),
                  ContinuityRules.DEFAULT,
                  Set.of(),
                  NOW));
    }
  }

  /** A release statement. */
  public static final class StatementTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(data, bytes -> ReleaseStatement.readUnverified(text(bytes)));
      refusesOrReads(
          data, bytes -> ReleaseStatement.verify(text(bytes), List.of(), APP, "production", NOW));
    }
  }

  /** A certificate in DER. */
  public static final class CertificateTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(data, PublisherCertificate::parse);
    }
  }

  /** A chain of certificates in PEM, with its path. */
  public static final class ChainTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(
          data,
          bytes -> {
            CertificateChain chain = CertificateChain.parsePem(text(bytes));
            chain.requirePath(chain.fingerprints(), NOW);
          });
    }
  }

  /** The plain bytes of an index. */
  public static final class IndexTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(data, Index::read);
    }
  }

  /** A blob. */
  public static final class BlobTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(
          data,
          bytes ->
              BlobCodec.open(
                  new ByteArrayInputStream(bytes), OutputStream.nullOutputStream(), KEY, CONTEXT));
    }
  }

  /** The compressed bytes of a file that should be 1000 bytes long. */
  public static final class CompressedTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      Digest any = Digest.sha256(new byte[0]);
      Index.File file = new Index.File("f", any, KEY, 1_000, any, true, data.length);
      refusesOrReads(
          data,
          bytes ->
              Opener.unpack(
                  file, new ByteArrayInputStream(bytes), OutputStream.nullOutputStream()));
    }
  }

  /** A whole {@code .slipway} file. */
  public static final class ContainerTarget {
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
      Path file = Files.createTempFile("fuzz-", ".slipway");
      try {
        Files.write(file, data);
        refusesOrReads(data, bytes -> Container.open(file).close());
      } finally {
        Files.delete(file);
      }
    }
  }

  /** The keys of a publisher in one text. */
  public static final class KeyRingTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(data, bytes -> KeyRing.parse(text(bytes)));
    }
  }

  /** A private key in PEM. */
  public static final class SigningKeyTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(data, bytes -> SigningKey.parsePem(text(bytes)));
    }
  }

  /** A key of last resort. */
  public static final class HpkePublicKeyTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(data, bytes -> HpkePublicKey.parse(text(bytes)).wrap(KEY, APP));
    }
  }

  /** The public key of an app with the Capgo plugin. */
  public static final class CapgoPublicKeyTarget {
    public static void fuzzerTestOneInput(byte[] data) {
      refusesOrReads(data, bytes -> CapgoPublicKey.parsePem(text(bytes)));
    }
  }
}
