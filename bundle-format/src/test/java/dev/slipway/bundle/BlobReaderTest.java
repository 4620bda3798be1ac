package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_LENGTH_INVALID;
import static dev.slipway.bundle.BundleException.Reason.COMMITMENT;
import static dev.slipway.bundle.BundleException.Reason.TAG;
import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlobReaderTest {

  private static final Secret KEY = Secret.of(new byte[32]);
  private static final byte[] CONTEXT = {1, 2, 3};

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 16_383, 16_384, 16_385, 32_768, 100_000})
  void readsAnyPart(int length) throws IOException {
    long seed = 11;
    Random random = new Random(seed);
    byte[] plain = new byte[length];
    random.nextBytes(plain);
    Path file = Files.write(temp.resolve("blob"), sealed(plain));
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      BlobReader reader = new BlobReader(channel, KEY, CONTEXT);

      assertThat(reader.length()).isEqualTo(length);
      assertThat(reader.read(length, new byte[1], 0, 1)).isEqualTo(-1);
      for (int i = 0; i < 200 && length > 0; i++) {
        int from = random.nextInt(length);
        byte[] part = new byte[1 + random.nextInt(20_000)];
        int read = reader.read(from, part, 0, part.length);
        assertThat(read).as("seed " + seed).isPositive();
        assertThat(Arrays.copyOf(part, read))
            .isEqualTo(Arrays.copyOfRange(plain, from, from + read));
      }
    }
  }

  @Test
  void refusesChunksThatAreNotAuthenticAndReadsTheOthers() throws IOException {
    byte[] blob = sealed(new byte[50_000]);
    blob[Blob.HEADER + Blob.FULL_CHUNK + 5] ^= 1;
    Path file = Files.write(temp.resolve("blob"), blob);
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      BlobReader reader = new BlobReader(channel, KEY, CONTEXT);

      assertThat(reader.read(0, new byte[1], 0, 1)).isEqualTo(1);
      assertRefused(TAG, () -> reader.read(Blob.PLAIN_CHUNK, new byte[1], 0, 1));
      assertThat(reader.read(2 * Blob.PLAIN_CHUNK, new byte[1], 0, 1)).isEqualTo(1);
    }
  }

  @Test
  void refusesABlobWithoutItsEnd() throws IOException {
    byte[] blob = sealed(new byte[50_000]);
    int chunks = Blob.HEADER + 2 * Blob.FULL_CHUNK;

    assertOpenRefused(BLOB_LENGTH_INVALID, Arrays.copyOf(blob, chunks));
    assertOpenRefused(BLOB_LENGTH_INVALID, Arrays.copyOf(blob, 71));
    assertOpenRefused(TAG, Arrays.copyOf(blob, blob.length - 1));
    blob[30] ^= 1;
    assertOpenRefused(COMMITMENT, blob);
  }

  private void assertOpenRefused(BundleException.Reason reason, byte[] blob) throws IOException {
    Path file = Files.write(temp.resolve("blob"), blob);
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      assertRefused(reason, () -> new BlobReader(channel, KEY, CONTEXT));
    }
  }

  private static byte[] sealed(byte[] plain) throws IOException {
    ByteArrayOutputStream sealed = new ByteArrayOutputStream();
    BlobCodec.seal(
        new ByteArrayInputStream(plain), sealed, KEY, new byte[KeySchedule.SALT], CONTEXT);
    return sealed.toByteArray();
  }
}
