package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_LENGTH_INVALID;
import static dev.slipway.bundle.BundleException.Reason.BLOB_TRUNCATED;
import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlobTest {

  private static final Digest ID = Digest.sha256(new byte[0]);

  @ParameterizedTest
  @CsvSource({"0,72", "1,73", "16383,16455", "16384,16472", "16385,16473", "32768,32872"})
  void knowsTheLengthOfASealedBlob(long plain, long sealed) {
    assertThat(Blob.sealedLength(plain)).isEqualTo(sealed);
    assertThat(Blob.plainLength(sealed)).isEqualTo(plain);
    assertThat(new Blob(ID, sealed).size()).isEqualTo(sealed);
  }

  @ParameterizedTest
  @ValueSource(longs = {16_456, 32_856, 56 + 16_400L * 1000})
  void seesACutAtTheBorderOfAChunk(long size) {
    assertRefused(BLOB_TRUNCATED, () -> new Blob(ID, size));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {-1, 0, 1, 55, 56, 57, 71, 16_457, 16_471, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE})
  void refusesLengthsThatNoBlobHas(long size) {
    assertRefused(BLOB_LENGTH_INVALID, () -> new Blob(ID, size));
  }
}
