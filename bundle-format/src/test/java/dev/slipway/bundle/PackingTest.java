package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.COMPRESSION_BROKEN;
import static dev.slipway.bundle.BundleException.Reason.LENGTH;
import static dev.slipway.bundle.BundleException.Reason.PADDING;
import static dev.slipway.bundle.Golden.KEYS;
import static dev.slipway.bundle.Refusal.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.luben.zstd.Zstd;
import dev.slipway.bundle.BundleException.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compression and padding, on the way in and on the way out. */
class PackingTest {

  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "1,1",
    "2,2",
    "3,3",
    "8,8",
    "9,10",
    "16,16",
    "17,18",
    "100,104",
    "1000,1024",
    "20000,20480",
    "1048577,1081344",
    "4294967295,4294967296"
  })
  void padsToFewLengths(long length, long padded) {
    assertThat(Packing.padme(length)).isEqualTo(padded);
  }

  @Test
  void addsAnEighthAtMost() {
    for (long length = 1; length < 100_000; length++) {
      assertThat(Packing.padme(length)).isBetween(length, length + length / 8);
    }
  }

  @Test
  void opensWhatItPacked() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("in"));
    byte[] noise = new byte[(8 << 20) + 12_345];
    new Random(1).nextBytes(noise);
    byte[] text = "all work and no play\n".repeat(500_000).getBytes(UTF_8);
    Files.write(folder.resolve("large-noise"), noise);
    Files.write(folder.resolve("large-text"), text);
    Files.write(folder.resolve("same-text"), text);
    Files.write(folder.resolve("noise"), Arrays.copyOf(noise, 70_000));
    Files.write(folder.resolve("text"), Arrays.copyOf(text, 70_000));
    Files.write(folder.resolve("empty"), new byte[0]);
    Files.write(folder.resolve("one"), new byte[1]);

    for (Packing packing :
        List.of(Packing.DEFAULT, Packing.NONE, new Packing(1, false), new Packing(0, true))) {
      BundleParts parts = seal(folder, packing);
      VerifiedManifest verified =
          ManifestVerifier.verify(parts.manifest(), Golden.LEAF, Golden.NOW);
      Path opened = temp.resolve("opened");
      Opener opener = new Opener(verified, KEYS.publisherKey(), parts);

      opener.open(opened);

      GoldenTest.assertSameFiles(opened, folder);
      for (Index.File file : opener.index().files()) {
        boolean text1 = file.path().contains("text");
        assertThat(file.compressed())
            .as(packing + " " + file.path())
            .isEqualTo(text1 && packing.level() > 0);
        Blob blob =
            verified.manifest().blobs().stream()
                .filter(one -> one.id().equals(file.blob()))
                .findFirst()
                .orElseThrow();
        assertThat(Blob.plainLength(blob.size())).isEqualTo(packing.padded(file.packedLength()));
      }
      // Two files of one content are one blob, and both large files leave nothing else behind.
      assertThat(verified.manifest().blobs()).hasSize(6);
      assertThat(parts.folder()).isDirectoryNotContaining("glob:**packing");
      Folders.delete(opened);
      Folders.delete(parts.folder());
    }
  }

  @Test
  void sealsTheSamePackedBytesTwice() throws IOException {
    Path folder = Golden.smallFolder(temp);
    Files.write(folder.resolve("text"), "abc".repeat(9_999).getBytes(UTF_8));

    byte[] one = seal(folder, Packing.DEFAULT).manifest();
    Folders.delete(temp.resolve("parts"));
    byte[] two = seal(folder, Packing.DEFAULT).manifest();

    assertThat(one).isEqualTo(two);
  }

  /** Two files, one blob, one key: the one is what the other is compressed to. */
  @Test
  void sealsAFileBesideItsCompressedSelf() throws IOException {
    BundleParts parts = new BundleParts(temp.resolve("beside"));
    Files.createDirectories(parts.folder().resolve("blobs"));
    Packing packing = new Packing(3, false);
    BlobStore store = new BlobStore(parts.folder(), new PartsShelf(parts), packing, KEYS, null);
    byte[] text = "abc".repeat(9_999).getBytes(UTF_8);
    byte[] compressed = Zstd.compress(text, 3);

    try (BlobStore.Packer packer = store.packer()) {
      Index.File one = packer.add("a", text.length, () -> new ByteArrayInputStream(text));
      Index.File two =
          packer.add("a.zst", compressed.length, () -> new ByteArrayInputStream(compressed));

      assertThat(two.blob()).isEqualTo(one.blob());
      assertThat(two.key()).isEqualTo(one.key());
      assertThat(one.compressed()).isTrue();
      assertThat(two.compressed()).isFalse();
    }
  }

  /** The same whichever thread has sealed what before: a compressor must not remember. */
  @Test
  void sealsManyFilesToTheSameBytesOnAnyThread() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("many"));
    Random random = new Random(20261125);
    for (int i = 0; i < 150; i++) {
      byte[] noise = new byte[random.nextInt(40_000)];
      random.nextBytes(noise);
      String text = i % 3 == 0 ? "" : "line " + i % 7 + "\n";
      Files.write(
          folder.resolve("f" + i),
          (text.repeat(random.nextInt(3_000)) + new String(noise, UTF_8)).getBytes(UTF_8));
    }
    byte[] large = new byte[(8 << 20) + 5];
    random.nextBytes(large);
    Files.write(folder.resolve("large"), large);
    Files.write(folder.resolve("large-too"), large);

    byte[] one = seal(folder, Packing.DEFAULT).manifest();
    Path container = temp.resolve("b.slipway");
    VerifiedManifest sealed =
        new Sealer(KEYS, Golden.CLOCK)
            .sealToContainer(
                Golden.request(folder, "1.0.0", false).with(Packing.DEFAULT),
                container,
                (done, total) -> {});

    BlobStore alone =
        new BlobStore(
            Files.createDirectory(temp.resolve("alone")),
            new PartsShelf(new BundleParts(temp.resolve("parts"))),
            Packing.DEFAULT,
            KEYS,
            null);
    for (int i = 0; i < 150; i++) {
      try (BlobStore.Packer fresh = alone.packer()) {
        Path file = folder.resolve("f" + i);
        fresh.add("f" + i, Files.size(file), file);
      }
    }
    try (Container opened = Container.open(container)) {
      assertThat(opened.manifest()).isEqualTo(one);
    }
    assertThat(sealed.manifest().blobs()).containsAll(alone.blobs().values());
    assertThat(sealed.manifest().blobs()).hasSize(alone.blobs().size() + 1);
  }

  @Test
  void refusesAFileThatChangesWhileItIsSealed() throws IOException {
    byte[] noise = new byte[(8 << 20) + 1];
    new Random(2).nextBytes(noise);
    byte[] other = noise.clone();
    other[7 << 20] ^= 1;
    byte[] longer = Arrays.copyOf(noise, noise.length + 1);
    byte[] shorter = Arrays.copyOf(noise, noise.length - 1);

    for (Packing packing : List.of(Packing.NONE, Packing.DEFAULT)) {
      for (byte[] changed : List.of(other, longer, shorter, new byte[noise.length])) {
        BundleParts parts = new BundleParts(temp.resolve("changing"));
        Files.createDirectories(parts.folder().resolve("blobs"));
        BlobStore store = new BlobStore(parts.folder(), new PartsShelf(parts), packing, KEYS, null);
        int[] opened = new int[1];

        assertThatExceptionOfType(IOException.class)
            .isThrownBy(
                () ->
                    store
                        .packer()
                        .add(
                            "large",
                            noise.length,
                            () -> new ByteArrayInputStream(opened[0]++ == 0 ? noise : changed)))
            .withMessageContaining("changed while");

        // No blob of it is there.
        assertThat(parts.folder().resolve("blobs")).isEmptyDirectory();
        assertThat(store.blobs()).isEmpty();
      }
    }
  }

  /**
   * Even if nobody had changed anything else: a small file is read once, as long as it was found.
   */
  @Test
  void refusesASmallFileThatIsLongerOrShorterThanItWasFound() throws IOException {
    BundleParts parts = new BundleParts(temp.resolve("small"));
    Files.createDirectories(parts.folder().resolve("blobs"));
    BlobStore store =
        new BlobStore(parts.folder(), new PartsShelf(parts), Packing.DEFAULT, KEYS, null);

    try (BlobStore.Packer packer = store.packer()) {
      for (int found : new int[] {0, 1, 65_536, 70_000, 300_000}) {
        for (int now : new int[] {found + 1, found - 1}) {
          if (now >= 0) {
            assertThatExceptionOfType(IOException.class)
                .isThrownBy(
                    () -> packer.add("small", found, () -> new ByteArrayInputStream(new byte[now])))
                .withMessageContaining("changed while");
          }
        }
      }
    }

    assertThat(parts.folder().resolve("blobs")).isEmptyDirectory();
  }

  @Test
  void namesTheFileWhoseReadingFails() throws IOException {
    byte[] noise = new byte[(8 << 20) + 70_000];
    new Random(5).nextBytes(noise);

    for (int length : new int[] {10, 70_000, noise.length}) {
      // Where reading stops: at once, in the middle, at the end; in the first reading or the next.
      for (int good : new int[] {0, length / 2, length}) {
        for (int reading = 0; reading < (length > 8 << 20 ? 3 : 1); reading++) {
          BundleParts parts = new BundleParts(temp.resolve("unreadable"));
          Files.createDirectories(parts.folder().resolve("blobs"));
          BlobStore store =
              new BlobStore(parts.folder(), new PartsShelf(parts), Packing.DEFAULT, KEYS, null);
          int[] left = {reading};
          byte[] content = Arrays.copyOf(noise, length);

          try (BlobStore.Packer packer = store.packer()) {
            BlobStore.Content failing =
                () ->
                    left[0]-- > 0
                        ? new ByteArrayInputStream(content)
                        : new SequenceInputStream(
                            new ByteArrayInputStream(content, 0, good), broken());
            // The sample, which is the second reading, ends before the break.
            if (reading == 1 && good > 1 << 20) {
              left[0] = 2;
            }
            assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> packer.add("d/file.bin", length, failing))
                .withMessage("d/file.bin: Input/output error");
          }
          assertThat(parts.folder().resolve("blobs")).isEmptyDirectory();
          assertThat(store.blobs()).isEmpty();
        }
      }
    }
  }

  private static InputStream broken() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        throw new IOException("Input/output error");
      }
    };
  }

  @Test
  void namesTheFileForWhichThereIsNoSpace() throws IOException {
    byte[] noise = new byte[(8 << 20) + 70_000];
    new Random(6).nextBytes(noise);
    byte[] text = new byte[noise.length];

    for (byte[] content : List.of(noise, text, Arrays.copyOf(noise, 70_000), new byte[10])) {
      for (long space : new long[] {0, 60, content.length / 3}) {
        Small shelf = new Small(space);
        BlobStore store = new BlobStore(temp, shelf, Packing.DEFAULT, KEYS, null);
        try (BlobStore.Packer packer = store.packer()) {
          // What was compressed to almost nothing finds room.
          if (content == text && space > 60) {
            continue;
          }
          assertThatExceptionOfType(IOException.class)
              .isThrownBy(
                  () ->
                      packer.add(
                          "d/file.bin", content.length, () -> new ByteArrayInputStream(content)))
              .withMessage("d/file.bin: No space left on device");
        }
        assertThat(shelf.kept).isZero();
        assertThat(store.blobs()).isEmpty();
        assertThat(temp).isEmptyDirectory();
      }
    }
  }

  /** A shelf that is full after so many bytes of a blob. */
  private static final class Small implements Shelf, Shelf.Place {

    private final long space;
    private int kept;

    Small(long space) {
      this.space = space;
    }

    @Override
    public Place place() {
      return this;
    }

    @Override
    public OutputStream begin() {
      return new OutputStream() {
        private long left = space;

        @Override
        public void write(int b) throws IOException {
          write(new byte[1]);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
          left -= length;
          if (left < 0) {
            throw new IOException("No space left on device");
          }
        }
      };
    }

    @Override
    public void keep(Blob blob) {
      kept++;
    }

    @Override
    public void keep(Blob blob, byte[] sealed) throws IOException {
      begin().write(sealed, 0, (int) blob.size());
      kept++;
    }

    @Override
    public void drop() {}

    @Override
    public void close() {}
  }

  @Test
  void readsNoFurtherInAFileThatGrowsForEver() throws IOException {
    BundleParts parts = new BundleParts(Files.createDirectory(temp.resolve("growing")));
    BlobStore store =
        new BlobStore(parts.folder(), new PartsShelf(parts), Packing.NONE, KEYS, null);
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 0;
          }

          @Override
          public int read(byte[] buffer, int offset, int length) {
            return length;
          }
        };

    for (long size : new long[] {100, 9 << 20}) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> store.packer().add("growing", size, () -> endless))
          .withMessageContaining("changed while");
    }
  }

  @Test
  void stopsADecompressionBombAtTheFilesLength() throws IOException {
    // F8
    byte[] bomb = Zstd.compress(new byte[64 << 20], 3);
    assertThat(bomb.length).isLessThan(10_000);
    long[] written = new long[1];

    assertUnpackRefused(LENGTH, bomb, 1_000, written);

    assertThat(written[0]).isLessThanOrEqualTo(1_000);
  }

  @Test
  void refusesFramesThatWouldTakeTooMuchMemory() throws IOException {
    byte[] plain = new byte[40 << 20];
    new Random(3).nextBytes(plain);
    ByteArrayOutputStream wide = new ByteArrayOutputStream();
    try (OutputStream out =
        new com.github.luben.zstd.ZstdOutputStreamNoFinalizer(wide, 3).setWindowLog(27)) {
      out.write(plain);
    }

    assertUnpackRefused(COMPRESSION_BROKEN, wide.toByteArray(), plain.length, new long[1]);
  }

  @Test
  void refusesFramesThatEndTooEarlyOrTooLate() throws IOException {
    byte[] frame = Zstd.compress("abc".repeat(1_000).getBytes(UTF_8), 3);

    assertUnpackRefused(
        COMPRESSION_BROKEN, Arrays.copyOf(frame, frame.length - 1), 3_000, new long[1]);
    assertUnpackRefused(
        COMPRESSION_BROKEN, Arrays.copyOf(frame, frame.length + 9), 3_000, new long[1]);
    assertUnpackRefused(LENGTH, frame, 3_001, new long[1]);
    assertUnpackRefused(LENGTH, frame, 2_999, new long[1]);
    assertUnpackRefused(COMPRESSION_BROKEN, new byte[40], 2_999, new long[1]);
  }

  @Test
  void refusesPaddingThatIsNotZeros() throws IOException {
    byte[] content = new byte[20_480];
    content[20_479] = 1;

    assertRefused(
        PADDING,
        () ->
            open(
                content,
                new Index.File("f", id(), key(), 20_000, digest(Arrays.copyOf(content, 20_000)))));
    content[20_479] = 0;
    open(content, new Index.File("f", id(), key(), 20_000, digest(Arrays.copyOf(content, 20_000))));
  }

  private static void assertUnpackRefused(
      Reason reason, byte[] packed, long length, long[] written) {
    Index.File file = new Index.File("f", id(), key(), length, digest(packed), true, packed.length);
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) {
            written[0]++;
          }

          @Override
          public void write(byte[] buffer, int offset, int count) {
            written[0] += count;
          }
        };
    assertRefused(reason, () -> Opener.unpack(file, new ByteArrayInputStream(packed), out));
  }

  private static void open(byte[] content, Index.File file) throws IOException {
    ByteArrayInputStream opened = new ByteArrayInputStream(content);
    Opener.unpack(file, opened, OutputStream.nullOutputStream());
    Opener.requirePadding(file, opened);
  }

  private static Digest id() {
    return Digest.sha256(new byte[0]);
  }

  private static Secret key() {
    return Secret.of(new byte[32]);
  }

  private static Digest digest(byte[] content) {
    return Digest.sha256(content);
  }

  private BundleParts seal(Path folder, Packing packing) throws IOException {
    BundleParts parts = new BundleParts(temp.resolve("parts"));
    new Sealer(KEYS, Golden.CLOCK)
        .seal(
            Golden.request(folder, "1.0.0", false).with(packing),
            parts.folder(),
            (done, total) -> {});
    return parts;
  }
}
