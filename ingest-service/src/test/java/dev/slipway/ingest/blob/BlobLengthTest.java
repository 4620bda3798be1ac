package dev.slipway.ingest.blob;

import static dev.slipway.bundle.BundleException.Reason.BLOB_LENGTH_INVALID;
import static dev.slipway.bundle.BundleException.Reason.BLOB_TRUNCATED;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.BundleException.Reason;
import dev.slipway.bundle.Digest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlobLengthTest {

  private static final Digest ID = Digest.sha256("id".getBytes(StandardCharsets.UTF_8));

  @ParameterizedTest
  @ValueSource(longs = {72, 73, 56 + 16_399, 56 + 16_400 + 16, 16, 4096, (1L << 32) - 16})
  void takesWhatABlobOrAnEncryptedZipCanBe(long size) {
    assertThatCode(() -> BlobLength.require(ID, Kind.SEALED, size)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 15, 71, 56 + 16_400 + 1, 56 + 16_400 + 15, (1L << 32) + 1})
  void refusesEveryOtherLength(long size) {
    assertRefused(size, BLOB_LENGTH_INVALID);
  }

  @Test
  void seesACutAtTheBorderOfAChunk() {
    assertRefused(56 + 16_400, BLOB_TRUNCATED);
    assertRefused(56 + 3 * 16_400, BLOB_TRUNCATED);
  }

  private static void assertRefused(long size, Reason reason) {
    assertThatExceptionOfType(BundleException.class)
        .isThrownBy(() -> BlobLength.require(ID, Kind.SEALED, size))
        .matches(refusal -> refusal.reason() == reason);
  }
}
