package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.COMMITMENT;
import static dev.slipway.bundle.BundleException.Reason.TAG;
import static dev.slipway.bundle.BundleException.Reason.TRUNCATED;
import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlobCodecTest {

  private static final Secret KEY = Secret.of(Digest.sha256(new byte[] {1}).bytes());
  private static final byte[] SALT = Arrays.copyOf(Digest.sha256(new byte[] {2}).bytes(), 24);
  private static final byte[] CONTEXT = "a context".getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 16, 16_383, 16_384, 16_385, 32_767, 32_768, 32_769, 1_000_000})
  void opensWhatItSealed(int length) throws IOException {
    byte[] plain = new byte[length];
    new Random(length).nextBytes(plain);

    byte[] sealed = seal(plain);

    assertThat(open(sealed)).isEqualTo(plain);
    assertThat(sealed).hasSize((int) Blob.sealedLength(length)).isEqualTo(seal(plain));
  }

  /** From memory in one piece or many, from a stream on one thread or three, by one sealer. */
  @Test
  void sealsToTheSameBytesInEachWay() throws IOException {
    BlobSealer sealer = new BlobSealer();
    BlobSealer.Sealing sealing = new BlobSealer.Sealing(KEY, SALT, CONTEXT);
    int batch = 16 * Blob.PLAIN_CHUNK;
    for (int length :
        new int[] {
          0, 1, 16_384, batch - 1, batch, batch + 1, 2 * batch, 3 * batch - 16_384, 12 * batch + 7
        }) {
      byte[] plain = new byte[length + 5];
      new Random(length).nextBytes(plain);
      byte[] content = Arrays.copyOf(plain, length);
      byte[] expected = seal(content);
      Blob blob = new Blob(Digest.sha256(expected), expected.length);

      if (sealer.fits(length)) {
        assertThat(sealer.seal(plain, length, sealing)).isEqualTo(blob);
        assertThat(Arrays.copyOf(sealer.sealed(), (int) blob.size())).isEqualTo(expected);
      }
      ByteArrayOutputStream memory = new ByteArrayOutputStream();
      assertThat(sealer.seal(plain, length, memory, sealing)).isEqualTo(blob);
      assertThat(memory.toByteArray()).isEqualTo(expected);
      ByteArrayOutputStream large = new ByteArrayOutputStream();
      assertThat(sealer.sealLarge(new ByteArrayInputStream(content), large, sealing))
          .isEqualTo(blob);
      assertThat(large.toByteArray()).isEqualTo(expected);
    }
  }

  @Test
  void saysWhichBlobItMade() throws IOException {
    ByteArrayOutputStream sealed = new ByteArrayOutputStream();

    Blob blob =
        BlobCodec.seal(new ByteArrayInputStream(new byte[20_000]), sealed, KEY, SALT, CONTEXT);

    assertThat(blob).isEqualTo(new Blob(Digest.sha256(sealed.toByteArray()), sealed.size()));
  }

  @Test
  void refusesEveryFlippedBit() throws IOException {
    byte[] sealed = seal("short".getBytes(StandardCharsets.UTF_8));

    for (int bit = 0; bit < 8 * sealed.length; bit++) {
      byte[] flipped = sealed.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertRefused(bit < 8 * Blob.HEADER ? COMMITMENT : TAG, () -> open(flipped));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 55, 56, 71, 56 + 16_400, 56 + 16_400 + 15, 56 + 2 * 16_400})
  void refusesABlobThatEndsTooEarly(int length) throws IOException {
    byte[] sealed = seal(new byte[40_000]);

    assertRefused(TRUNCATED, () -> open(Arrays.copyOf(sealed, length)));
  }

  @ParameterizedTest
  @ValueSource(ints = {72, 56 + 16_399, 56 + 16_400 + 16, 56 + 32_800 + 7_247})
  void refusesABlobThatIsCutInsideAChunk(int length) throws IOException {
    byte[] sealed = seal(new byte[40_000]);

    assertRefused(TAG, () -> open(Arrays.copyOf(sealed, length)));
  }

  @Test
  void refusesSwappedDoubledAndAppendedChunks() throws IOException {
    byte[] sealed = seal(new byte[40_000]);
    byte[] header = Arrays.copyOf(sealed, 56);
    byte[] first = Arrays.copyOfRange(sealed, 56, 56 + 16_400);
    byte[] second = Arrays.copyOfRange(sealed, 56 + 16_400, 56 + 32_800);
    byte[] last = Arrays.copyOfRange(sealed, 56 + 32_800, sealed.length);
    assertThat(open(joined(header, first, second, last))).hasSize(40_000);

    assertRefused(TAG, () -> open(joined(header, second, first, last)));
    assertRefused(TAG, () -> open(joined(header, first, first, second, last)));
    assertRefused(TAG, () -> open(joined(header, first, last)));
    assertRefused(TAG, () -> open(joined(header, first, second, last, new byte[1])));
    assertRefused(TAG, () -> open(joined(header, first, second, last, last)));
  }

  @Test
  void refusesAnotherKeyAndAnotherContextBeforeAnyChunk() throws IOException {
    byte[] sealed = seal(new byte[10]);
    Secret otherKey = Secret.of(new byte[32]);

    assertRefused(COMMITMENT, () -> open(sealed, otherKey, CONTEXT));
    assertRefused(COMMITMENT, () -> open(sealed, KEY, new byte[0]));
  }

  @Test
  void releasesNothingOfAChunkThatIsNotAuthentic() throws IOException {
    byte[] sealed = seal(new byte[20_000]);
    sealed[sealed.length - 1] ^= 1;
    ByteArrayOutputStream released = new ByteArrayOutputStream();

    assertRefused(
        TAG, () -> BlobCodec.open(new ByteArrayInputStream(sealed), released, KEY, CONTEXT));

    assertThat(released.size()).isEqualTo(Blob.PLAIN_CHUNK);
  }

  private static byte[] seal(byte[] plain) throws IOException {
    ByteArrayOutputStream sealed = new ByteArrayOutputStream();
    BlobCodec.seal(new ByteArrayInputStream(plain), sealed, KEY, SALT, CONTEXT);
    return sealed.toByteArray();
  }

  private static byte[] open(byte[] sealed) throws IOException {
    return open(sealed, KEY, CONTEXT);
  }

  private static byte[] open(byte[] sealed, Secret key, byte[] context) throws IOException {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    BlobCodec.open(new ByteArrayInputStream(sealed), plain, key, context);
    return plain.toByteArray();
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }
}
