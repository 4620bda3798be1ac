package dev.slipway.decisions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.rollout.Exposure;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CohortTest {

  private static final long SEED = 20261122;
  private static final byte[] SALT = "sixteen bytes ok".getBytes(StandardCharsets.US_ASCII);
  private static final Cohort COHORT = cohort(SALT);

  private final Random random = new Random(SEED);

  @Test
  void theBucketIsTheScaledStartOfTheHash() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      // Given
      DeviceId device = device();
      byte[] salt = new byte[16];
      random.nextBytes(salt);
      var sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(salt);
      byte[] hash = sha256.digest(device.text().getBytes(StandardCharsets.UTF_8));
      int expected =
          new BigInteger(1, Arrays.copyOf(hash, 8))
              .multiply(BigInteger.valueOf(1_000_000))
              .shiftRight(64)
              .intValueExact();

      // When
      int bucket = Cohort.bucket(salt, device);

      // Then
      assertThat(bucket).as("seed %s", SEED).isEqualTo(expected).isBetween(0, 999_999);
      assertThat(cohort(salt).bucket(device)).isEqualTo(expected);
    }
  }

  @Test
  void upperCaseIdsAreTheSameDevice() {
    DeviceId device = DeviceId.of("B30B5035-93FF-47C8-8F4F-7272501A6AA0");

    int bucket = COHORT.bucket(device);

    assertThat(bucket)
        .isEqualTo(COHORT.bucket(DeviceId.of("b30b5035-93ff-47c8-8f4f-7272501a6aa0")));
  }

  @Test
  void anExposureReachesItsShareAndRaisingItOnlyAdds() {
    int atTwo = 0;
    int atTen = 0;
    int devices = 100_000;
    for (int i = 0; i < devices; i++) {
      DeviceId device = device();
      boolean two = COHORT.exposes(device, Exposure.of("2 %"));
      boolean ten = COHORT.exposes(device, Exposure.of("10 %"));
      assertThat(!two || ten).isTrue();
      assertThat(COHORT.exposes(device, Exposure.NONE)).isFalse();
      assertThat(COHORT.exposes(device, Exposure.ALL)).isTrue();
      if (two) atTwo++;
      if (ten) atTen++;
    }

    // Five standard deviations.
    assertThat(atTwo).as("seed %s", SEED).isBetween(2_000 - 222, 2_000 + 222);
    assertThat(atTen).as("seed %s", SEED).isBetween(10_000 - 475, 10_000 + 475);
  }

  @Test
  void cohortsOfTwoRolloutsAreIndependent() {
    Cohort other = Cohort.of(Cohort.newSalt(random));
    int both = 0;
    for (int i = 0; i < 100_000; i++) {
      DeviceId device = device();
      if (COHORT.exposes(device, Exposure.of("10 %"))
          && other.exposes(device, Exposure.of("10 %"))) {
        both++;
      }
    }

    assertThat(both).as("seed %s", SEED).isBetween(1_000 - 158, 1_000 + 158);
  }

  @Test
  void aSaltOfAnotherLengthIsRefused() {
    assertThatThrownBy(() -> Cohort.of("AAAA")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Cohort.of("not base64 !"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Cohort cohort(byte[] salt) {
    return Cohort.of(Base64.getUrlEncoder().withoutPadding().encodeToString(salt));
  }

  private DeviceId device() {
    return DeviceId.of(new UUID(random.nextLong(), random.nextLong()).toString());
  }
}
