package dev.slipway.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Names are checked by hand, since each report carries some: as these patterns say. */
class NamesTest {

  private static final long SEED = 20261125;
  private static final String LETTERS = "0123456789abcdefghxyzABFGXYZ.-_+ /:\u00e4\u0130\n";

  private static final Pattern VERSION = Pattern.compile("[0-9A-Za-z.][0-9A-Za-z.+_-]{0,127}");
  private static final Pattern CHANNEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern ROLLOUT =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", Pattern.CASE_INSENSITIVE);

  private final Random random = new Random(SEED);

  @Test
  void versions() {
    for (int i = 0; i < 20_000; i++) {
      String text = text(i % 5 == 0 ? 140 : 4);
      assertThat(accepts(Version::of, text)).as(text).isEqualTo(VERSION.matcher(text).matches());
    }
  }

  @Test
  void channels() {
    for (int i = 0; i < 20_000; i++) {
      String text = text(i % 5 == 0 ? 70 : 4);
      assertThat(accepts(ChannelName::of, text))
          .as(text)
          .isEqualTo(CHANNEL.matcher(text).matches());
    }
  }

  @Test
  void rollouts() {
    for (int i = 0; i < 20_000; i++) {
      var text = new StringBuilder(new UUID(random.nextLong(), random.nextLong()).toString());
      if (i % 3 > 0) text.setCharAt(random.nextInt(text.length()), letter());
      if (i % 7 == 0) text.setLength(random.nextInt(37));
      assertThat(accepts(RolloutId::of, text.toString()))
          .as(text.toString())
          .isEqualTo(ROLLOUT.matcher(text).matches());
    }
  }

  private static boolean accepts(Consumer<String> made, String text) {
    try {
      made.accept(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private String text(int most) {
    int length = random.nextInt(most + 1);
    boolean fine = random.nextBoolean();
    var text = new StringBuilder();
    for (int i = 0; i < length; i++)
      text.append(fine ? (char) ('a' + random.nextInt(26)) : letter());
    return text.toString();
  }

  private char letter() {
    return LETTERS.charAt(random.nextInt(LETTERS.length()));
  }
}
