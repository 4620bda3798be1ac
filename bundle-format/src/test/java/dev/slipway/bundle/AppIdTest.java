package dev.slipway.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AppIdTest {

  @ParameterizedTest
  @ValueSource(strings = {"com.example.app", "a.b", "Com.Example.App", "com.demo-app.x_1", "1.2"})
  void keepsTheTextOfAnId(String text) {
    assertThat(AppId.of(text)).hasToString(text).isEqualTo(new AppId(text));
  }

  static String[] notIds() {
    return new String[] {
      "",
      "app",
      "com.",
      ".app",
      "com..app",
      "com.ex\u0430mple", // a Cyrillic letter
      "com.exam\u200dple", // a zero-width joiner
      "com.\u212aelvin", // folds to k where case folding is Unicode's
      "com.example app",
      "com.example\n",
      "com-x.example",
      "a." + "b".repeat(211),
    };
  }

  @ParameterizedTest
  @MethodSource("notIds")
  void refusesWhatIsNoId(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> AppId.of(text));
  }

  @ParameterizedTest
  @ValueSource(ints = {127, 128})
  void allowsIdsUpToTheLimit(int length) {
    assertThat(AppId.of("a." + "b".repeat(length - 2)).text()).hasSize(length);
  }

  @ParameterizedTest
  @ValueSource(ints = {129, 1_000_000})
  void refusesIdsBeyondTheLimit(int length) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AppId.of("a." + "b".repeat(length - 2)))
        .withMessageContaining("128");
  }
}
