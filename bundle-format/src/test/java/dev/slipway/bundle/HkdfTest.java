package dev.slipway.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.junit.jupiter.api.Test;

class HkdfTest {

  @Test
  void givesWhatBouncyCastleGives() {
    long seed = 20261125;
    System.out.println("HkdfTest, seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      byte[] key = new byte[Secret.BYTES];
      random.nextBytes(key);
      byte[] info = new byte[random.nextInt(200)];
      random.nextBytes(info);
      int length = round < 300 ? round + 1 : 1 + random.nextInt(255 * 64);
      HKDFBytesGenerator reference = new HKDFBytesGenerator(new SHA512Digest());
      reference.init(HKDFParameters.skipExtractParameters(key, info));
      byte[] expected = new byte[length];
      reference.generateBytes(expected, 0, length);

      assertThat(Hkdf.expand(Secret.of(key), info, length)).isEqualTo(expected);
    }
  }

  @Test
  void givesNoMoreThanItCan() {
    Secret key = Secret.of(new byte[Secret.BYTES]);

    assertThat(Hkdf.expand(key, new byte[0], 255 * 64)).hasSize(255 * 64);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Hkdf.expand(key, new byte[0], 255 * 64 + 1));
  }
}
