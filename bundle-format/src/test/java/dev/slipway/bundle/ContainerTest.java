package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_DIGEST_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.BLOB_MISSING;
import static dev.slipway.bundle.BundleException.Reason.BLOB_SIZE_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.CONTAINER;
import static dev.slipway.bundle.BundleException.Reason.MANIFEST_TOO_LARGE;
import static dev.slipway.bundle.Golden.KEYS;
import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerTest {

  @TempDir Path temp;
  private Path file;
  private byte[] bytes;

  @BeforeEach
  void sealASmallBundle() throws IOException {
    file = temp.resolve("small.slipway");
    new Sealer(KEYS, Golden.CLOCK)
        .sealToContainer(
            Golden.request(Golden.smallFolder(temp), "1.0.0", false), file, (done, total) -> {});
    bytes = Files.readAllBytes(file);
  }

  @Test
  void isAZipWithTheManifestFirst() throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile());
        Container container = Container.open(file)) {
      assertThat(zip.stream().findFirst().orElseThrow().getName()).isEqualTo("manifest.jws.json");
      assertThat(zip.size()).isEqualTo(4);
      Manifest manifest = ManifestVerifier.readUnverified(container.manifest());
      for (Blob blob : manifest.allBlobs().toList()) {
        try (InputStream zipped = zip.getInputStream(zip.getEntry("blobs/" + blob.id()));
            InputStream contained = container.open(blob.id())) {
          byte[] content = contained.readAllBytes();
          assertThat(content).isEqualTo(zipped.readAllBytes());
          assertThat(Digest.sha256(content)).isEqualTo(blob.id());
        }
      }
      assertRefused(BLOB_MISSING, () -> container.open(Digest.sha256(new byte[0])));
    }
  }

  /** Nobody can change a single bit of a bundle, neither of its content nor around it. */
  @Test
  void refusesEveryFlippedBit() throws IOException {
    Path flippedFile = Files.write(temp.resolve("flipped"), bytes);
    Set<BundleException.Reason> reasons = new HashSet<>();
    try (FileChannel channel = FileChannel.open(flippedFile, StandardOpenOption.WRITE)) {
      for (int bit = 0; bit < 8 * bytes.length; bit++) {
        byte flipped = (byte) (bytes[bit / 8] ^ 1 << bit % 8);
        channel.write(ByteBuffer.wrap(new byte[] {flipped}), bit / 8);
        try (Container container = Container.open(flippedFile)) {
          ManifestVerifier.verify(container.manifest(), Golden.LEAF, Golden.NOW);
          fail("bit %d of the file can be flipped", bit);
        } catch (BundleException e) {
          reasons.add(e.reason());
        }
        channel.write(ByteBuffer.wrap(bytes, bit / 8, 1), bit / 8);
      }
    }
    assertThat(reasons).contains(CONTAINER, BLOB_DIGEST_MISMATCH);
  }

  /** Nor of a larger one that carries the zip for the Capgo plugin as well: here and there. */
  @Test
  void refusesAFlippedBitInEverySeventhByteOfTheGoldenBundle() throws IOException {
    byte[] golden = Files.readAllBytes(Golden.folder().resolve("bundle.slipway"));
    assertThat(ManifestVerifier.readUnverified(Golden.jws()).capgo()).isNotNull();
    Path flippedFile = Files.write(temp.resolve("flipped"), golden);
    try (FileChannel channel = FileChannel.open(flippedFile, StandardOpenOption.WRITE)) {
      for (int at = 0; at < golden.length; at += 7) {
        byte flipped = (byte) (golden[at] ^ 1 << at % 8);
        channel.write(ByteBuffer.wrap(new byte[] {flipped}), at);
        try (Container container = Container.open(flippedFile)) {
          ManifestVerifier.verify(container.manifest(), Golden.LEAF, Golden.NOW);
          fail("bit %d of byte %d can be flipped", at % 8, at);
        } catch (BundleException expected) {
          assertThat(expected.reason()).isNotNull();
        }
        channel.write(ByteBuffer.wrap(golden, at, 1), at);
      }
    }
  }

  /** Whatever a file holds, the reader answers with a refusal. */
  @Test
  void refusesRandomDamage() throws IOException {
    long seed = 20261122;
    System.out.println("ContainerTest.refusesRandomDamage, seed " + seed);
    Random random = new Random(seed);
    Path damagedFile = temp.resolve("damaged");
    for (int i = 0; i < 2_000; i++) {
      byte[] damaged = Hostile.damaged(bytes, random);
      Files.write(damagedFile, damaged);
      try (Container container = Container.open(damagedFile)) {
        ManifestVerifier.verify(container.manifest(), Golden.LEAF, Golden.NOW);
        assertThat(damaged).isEqualTo(bytes);
      } catch (BundleException e) {
        assertThat(damaged).isNotEqualTo(bytes);
      }
    }
  }

  @Test
  void refusesFilesThatEndTooEarlyOrTooLate() throws IOException {
    for (int length : new int[] {0, 1, 29, 30, 46, 47, bytes.length - 23, bytes.length - 1}) {
      Path cut = Files.write(temp.resolve("cut" + length), Arrays.copyOf(bytes, length));
      BundleException refused =
          org.assertj.core.api.Assertions.catchThrowableOfType(
              BundleException.class, () -> Container.open(cut));
      assertThat(refused).as("cut at " + length).isNotNull();
    }
    Path longer = Files.write(temp.resolve("longer"), Arrays.copyOf(bytes, bytes.length + 1));
    assertRefused(CONTAINER, () -> Container.open(longer));
  }

  @Test
  void believesNoSizeInAHeader() throws IOException {
    byte[] huge = bytes.clone();
    Arrays.fill(huge, 22, 26, (byte) 0xFF);
    Path path = Files.write(temp.resolve("huge"), huge);

    assertRefused(MANIFEST_TOO_LARGE, () -> Container.open(path));
  }

  @Test
  void refusesPartsThatAreNotTheManifests() throws IOException {
    Path folder = temp.resolve("parts");
    Manifest manifest = Golden.seal(temp.resolve("small"), "1.0.0", false, folder).manifest();
    BundleParts parts = new BundleParts(folder);
    Path blob = parts.blob(manifest.blobs().get(0).id());
    byte[] content = Files.readAllBytes(blob);

    content[0] ^= 1;
    Files.write(blob, content);
    assertRefused(BLOB_DIGEST_MISMATCH, () -> Container.write(parts, temp.resolve("a")));
    Files.write(blob, Arrays.copyOf(content, 10));
    assertRefused(BLOB_SIZE_MISMATCH, () -> Container.write(parts, temp.resolve("b")));
    Files.delete(blob);
    assertRefused(BLOB_MISSING, () -> Container.write(parts, temp.resolve("c")));
  }
}
