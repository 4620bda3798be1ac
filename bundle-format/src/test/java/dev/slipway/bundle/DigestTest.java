package dev.slipway.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DigestTest {

  private static final String EMPTY = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

  @Test
  void writesTheDigestOfNothing() {
    Digest digest = Digest.sha256(new byte[0]);

    assertThat(digest).hasToString(EMPTY).isEqualTo(Digest.parse(EMPTY));
    assertThat(digest.hex())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assertThat(Digest.of(digest.bytes())).isEqualTo(digest).hasSameHashCodeAs(digest);
  }

  static String[] notDigests() {
    return new String[] {
      "",
      EMPTY.substring(1),
      EMPTY + "A",
      EMPTY + "=",
      EMPTY.substring(0, 42) + "V", // a trailing bit
      EMPTY.substring(0, 42) + "W",
      EMPTY.substring(0, 42) + "=",
      EMPTY.replace('-', '+'),
      EMPTY.replace('_', '/'),
      " " + EMPTY.substring(1),
      "\n" + EMPTY.substring(1),
      "\u0664" + EMPTY.substring(1),
    };
  }

  @ParameterizedTest
  @MethodSource("notDigests")
  void refusesEveryOtherText(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Digest.parse(text));
  }

  @Test
  void refusesAnotherNumberOfBytes() {
    assertThatIllegalArgumentException().isThrownBy(() -> Digest.of(new byte[31]));
  }
}
