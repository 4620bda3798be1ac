package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CAPGO_RENDITION;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.INDEX_INVALID;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;
import static dev.slipway.bundle.BundleException.Reason.PATH;
import static dev.slipway.bundle.BundleException.Reason.PATH_COLLISION;
import static dev.slipway.bundle.BundleException.Reason.VERSION_SYNTAX;
import static dev.slipway.bundle.Golden.KEYS;
import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealerTest {

  @TempDir Path temp;

  @Test
  void opensWhatItSealed() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Random random = new Random(1);
    for (int size : new int[] {0, 1, 16_383, 16_384, 16_385, 300_000}) {
      byte[] content = new byte[size];
      random.nextBytes(content);
      Files.write(Files.createDirectories(folder.resolve("d/" + size)).resolve("f.bin"), content);
    }

    VerifiedManifest sealed = Golden.seal(folder, "2.0.0", true, temp.resolve("parts"));

    BundleParts parts = new BundleParts(temp.resolve("parts"));
    VerifiedManifest verified = ManifestVerifier.verify(parts.manifest(), Golden.LEAF, Golden.NOW);
    assertThat(verified.digest()).isEqualTo(sealed.digest());
    new Opener(verified, KEYS.fleetKeys().get(0), parts).open(temp.resolve("opened"));
    GoldenTest.assertSameFiles(temp.resolve("opened"), folder);
  }

  @Test
  void sealsTheSameFilesToTheSameBytes() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Sealer sealer = new Sealer(KEYS, Golden.CLOCK);
    SealRequest request = Golden.request(folder, "1.0.0", true);

    sealer.sealToContainer(request, temp.resolve("one.slipway"), (done, total) -> {});
    Files.setLastModifiedTime(
        folder.resolve("app.js"), java.nio.file.attribute.FileTime.fromMillis(0));
    sealer.sealToContainer(request, temp.resolve("two.slipway"), (done, total) -> {});

    assertThat(temp.resolve("one.slipway")).hasSameBinaryContentAs(temp.resolve("two.slipway"));
    assertThat(temp).isDirectoryNotContaining("glob:**/.slipway-seal-*");
  }

  @Test
  void aChangedFileIsOneNewBlob() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Manifest before = Golden.seal(folder, "1.0.0", false, temp.resolve("one")).manifest();

    Files.writeString(folder.resolve("app.js"), "went();");
    Manifest after = Golden.seal(folder, "1.0.1", false, temp.resolve("two")).manifest();

    Set<Blob> kept = Set.copyOf(before.blobs());
    List<Blob> fresh =
        after.blobs().stream().filter(blob -> !kept.contains(blob)).collect(Collectors.toList());
    assertThat(fresh).hasSize(1);
    assertThat(after.blobs()).hasSize(2);
    assertThat(after.index().id()).isNotEqualTo(before.index().id());
    assertThat(after.cekCommit()).isNotEqualTo(before.cekCommit());
  }

  @Test
  void anotherVersionOfTheSameFilesHasAnotherContentKeyAndTheSameBlobs() throws IOException {
    Path folder = Golden.smallFolder(temp);

    Manifest one = Golden.seal(folder, "1.0.0", false, temp.resolve("one")).manifest();
    Manifest two = Golden.seal(folder, "1.0.1", false, temp.resolve("two")).manifest();

    assertThat(two.blobs()).isEqualTo(one.blobs());
    assertThat(two.cekCommit()).isNotEqualTo(one.cekCommit());
  }

  @Test
  void tellsHowFarItIs() throws IOException {
    Path folder = Golden.smallFolder(temp);
    List<Long> seen = new ArrayList<>();

    new Sealer(KEYS, Golden.CLOCK)
        .seal(
            Golden.request(folder, "1.0.0", false),
            temp.resolve("parts"),
            (done, total) -> {
              assertThat(total).isEqualTo(17);
              seen.add(done);
            });

    assertThat(seen).isSorted().endsWith(17L);
  }

  @Test
  void leavesNoNameAndNoContentInTheClear() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Files.writeString(folder.resolve("very-secret-name.js"), "very secret content");

    Path file = temp.resolve("b.slipway");
    new Sealer(KEYS, Golden.CLOCK)
        .sealToContainer(Golden.request(folder, "1.0.0", true), file, (done, total) -> {});

    String bytes = Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1);
    String payload =
        new String(
            SignedManifest.parse(Container.open(file).manifest()).payloadBytes(),
            java.nio.charset.StandardCharsets.UTF_8);
    assertThat(bytes + payload)
        .doesNotContain("secret")
        .doesNotContain("index.html")
        .doesNotContain("La première");
  }

  @Test
  void refusesLinks() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Files.createSymbolicLink(folder.resolve("link.js"), folder.resolve("app.js"));

    assertRefused(PATH, () -> Golden.seal(folder, "1.0.0", false, temp.resolve("parts")));
  }

  @Test
  void refusesPathsThatCannotBeInABundle() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Files.writeString(folder.resolve("con.txt"), "x");

    assertRefused(PATH, () -> Golden.seal(folder, "1.0.0", false, temp.resolve("parts")));

    Files.delete(folder.resolve("con.txt"));
    Files.writeString(folder.resolve("APP.js"), "x");
    assertRefused(PATH_COLLISION, () -> Golden.seal(folder, "1.0.0", false, temp.resolve("parts")));
    assertThat(temp.resolve("parts")).doesNotExist();
  }

  @Test
  void refusesAnEmptyFolderAndTextsThatAreNoVersion() throws IOException {
    Path empty = Files.createDirectory(temp.resolve("empty"));

    assertRefused(INDEX_INVALID, () -> Golden.seal(empty, "1.0.0", false, temp.resolve("a")));
    assertRefused(VERSION_SYNTAX, () -> Golden.seal(empty, "1.0\n", false, temp.resolve("b")));
  }

  @Test
  void refusesARenditionThatThePluginCannotStart() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Files.delete(folder.resolve("index.html"));

    assertRefused(CAPGO_RENDITION, () -> Golden.seal(folder, "1.0.0", true, temp.resolve("parts")));
  }

  @Test
  void refusesATimeThatIsNotAWholeSecond() throws IOException {
    SealRequest request =
        new SealRequest(
            Golden.smallFolder(temp),
            "1.0.0",
            1,
            new Compat(List.of("android"), null),
            Instant.parse("2026-11-22T10:00:00.5Z"),
            java.util.Map.of(),
            false);

    assertRefused(
        MEMBER_VALUE,
        () -> new Sealer(KEYS, Golden.CLOCK).seal(request, temp.resolve("p"), (done, total) -> {}));
  }

  @Test
  void doesNotSignWithAnExpiredCertificate() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Clock late = Clock.fixed(KEYS.certificate().notAfter().plusSeconds(1), ZoneOffset.UTC);

    assertRefused(
        CERTIFICATE_EXPIRED,
        () ->
            new Sealer(KEYS, late)
                .seal(
                    Golden.request(folder, "1.0.0", false),
                    temp.resolve("parts"),
                    (done, total) -> {}));
  }

  @Test
  void leavesNothingBehindWhenItIsInterruptedOrToldToStop() throws IOException {
    Path folder = Golden.smallFolder(temp);
    byte[] large = new byte[(8 << 20) + 1];
    new Random(4).nextBytes(large);
    Files.write(folder.resolve("large.bin"), large);
    Sealer sealer = new Sealer(KEYS, Golden.CLOCK);
    SealRequest request = Golden.request(folder, "1.0.0", false);

    for (String target : List.of("parts", "one.slipway")) {
      Thread.currentThread().interrupt();
      assertThatExceptionOfType(InterruptedIOException.class)
          .isThrownBy(() -> seal(sealer, request, target, (done, total) -> {}));
      assertThat(Thread.interrupted()).isTrue();
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  seal(
                      sealer,
                      request,
                      target,
                      (done, total) -> {
                        throw new IllegalStateException("enough");
                      }));
    }

    assertThat(temp).isDirectoryContaining("glob:**/" + folder.getFileName());
    assertThat(temp.toFile().list()).hasSize(1);
  }

  private void seal(Sealer sealer, SealRequest request, String target, Sealer.Progress progress)
      throws IOException {
    if (target.endsWith(".slipway")) {
      sealer.sealToContainer(request, temp.resolve(target), progress);
    } else {
      sealer.seal(request, temp.resolve(target), progress);
    }
  }

  @Test
  void overwritesNothing() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Path there = Files.writeString(temp.resolve("there"), "x");
    Sealer sealer = new Sealer(KEYS, Golden.CLOCK);
    SealRequest request = Golden.request(folder, "1.0.0", false);

    assertThatExceptionOfType(FileAlreadyExistsException.class)
        .isThrownBy(() -> sealer.seal(request, there, (done, total) -> {}));
    assertThatExceptionOfType(FileAlreadyExistsException.class)
        .isThrownBy(() -> sealer.sealToContainer(request, there, (done, total) -> {}));
  }
}
