package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.INTEGER_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.JSON_DUPLICATE_MEMBER;
import static dev.slipway.bundle.BundleException.Reason.JSON_INVALID;
import static dev.slipway.bundle.BundleException.Reason.JSON_LIMIT;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_MISSING;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_TYPE;
import static dev.slipway.bundle.BundleException.Reason.UNKNOWN_MEMBER;
import static dev.slipway.bundle.Refusal.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrictJsonTest {

  @Test
  void readsMembersOfEachType() {
    JsonObject json =
        StrictJson.parse(
            "{\"s\":\"\u00e9\ud83d\ude00\",\"i\":-9007199254740991,\"o\":{\"x\":0},\"a\":[\"1\",\"2\"]} "
                .getBytes(UTF_8));

    assertThat(json.string("s")).isEqualTo("é😀");
    assertThat(json.integer("i")).isEqualTo(-9007199254740991L);
    JsonObject nested = json.object("o");
    assertThat(nested.integer("x")).isZero();
    nested.done();
    assertThat(json.strings("a")).containsExactly("1", "2");
    assertThat(json.optionalString("none")).isEmpty();
    json.done();
  }

  static String[] notJson() {
    return new String[] {
      "",
      " ",
      "{",
      "{\"a\":1",
      "{\"a\":[1}",
      "{\"a\":1}x",
      "{\"a\":1}{}",
      "{\"a\":1,}",
      "{'a':1}",
      "{a:1}",
      "{\"a\":1}//x",
      "/*x*/{\"a\":1}",
      "{\"a\":NaN}",
      "{\"a\":Infinity}",
      "{\"a\":01}",
      "{\"a\":+1}",
      "{\"a\":.5}",
      "{\"a\":\"\\ud800\"}",
      "{\"a\":\"\\udc00\\ud800\"}",
      "{\"\\ud800\":1}",
      "{\"a\":\"\t\"}",
      "{\"a\":\"\\x41\"}",
      "\ufeff{\"a\":1}",
    };
  }

  @ParameterizedTest
  @MethodSource("notJson")
  void refusesWhatIsNotJson(String text) {
    assertRefused(JSON_INVALID, () -> StrictJson.parse(text.getBytes(UTF_8)));
  }

  static byte[][] notUtf8() {
    return new byte[][] {
      "{\"a\":1}".getBytes(UTF_16),
      {'{', '"', (byte) 0xC3, '"', ':', '1', '}'},
      {'{', '"', (byte) 0xC0, (byte) 0x80, '"', ':', '1', '}'}, // overlong
      {'{', '"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"', ':', '1', '}'}, // a surrogate
      {'{', '"', (byte) 0xF5, (byte) 0x80, (byte) 0x80, (byte) 0x80, '"', ':', '1', '}'},
    };
  }

  @ParameterizedTest
  @MethodSource("notUtf8")
  void refusesWhatIsNotUtf8(byte[] bytes) {
    assertRefused(JSON_INVALID, () -> StrictJson.parse(bytes));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":1,\"a\":1}",
        "{\"o\":{\"a\":1,\"\\u0061\":2}}",
        "{\"a\":[{\"b\":1,\"b\":1}]}"
      })
  void refusesMembersThatComeTwice(String text) {
    assertRefused(JSON_DUPLICATE_MEMBER, () -> StrictJson.parse(text.getBytes(UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0",
        "1e3",
        "-0",
        "9007199254740992",
        "-9007199254740992",
        "12345678901234567890"
      })
  void refusesNumbersThatAreNoExactIntegers(String number) {
    assertRefused(
        INTEGER_REQUIRED, () -> StrictJson.parse(("{\"a\":" + number + "}").getBytes(UTF_8)));
  }

  static String[] tooMuch() {
    return new String[] {
      "{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}",
      "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000),
      "{\"a\":[" + "0,".repeat(1_000_000) + "0]}",
      "{\"a\":\"" + "x".repeat(50_000_000) + "\"}",
      "{\"a\":" + "1".repeat(1_000_000) + "}",
      "{\"" + "x".repeat(1_000_000) + "\":1}",
    };
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("tooMuch")
  void refusesTooMuchOfAnything(String text) {
    assertRefused(JSON_LIMIT, () -> StrictJson.parse(text.getBytes(UTF_8)));
  }

  @Test
  void refusesMembersOfAnotherType() {
    assertRefused(MEMBER_TYPE, () -> StrictJson.parse("[1]".getBytes(UTF_8)));
    assertRefused(MEMBER_TYPE, () -> parse("{\"a\":1}").string("a"));
    assertRefused(MEMBER_TYPE, () -> parse("{\"a\":true}").string("a"));
    assertRefused(MEMBER_TYPE, () -> parse("{\"a\":[1]}").strings("a"));
    assertRefused(INTEGER_REQUIRED, () -> parse("{\"a\":\"1\"}").integer("a"));
    assertRefused(MEMBER_MISSING, () -> parse("{\"a\":null}").string("a"));
    assertRefused(MEMBER_MISSING, () -> parse("{\"a\":null}").optionalString("a"));
    assertRefused(MEMBER_MISSING, () -> parse("{}").string("a"));
  }

  @Test
  void refusesMembersThatNobodyKnowsWithoutRepeatingThem() {
    JsonObject json = parse("{\"<script>\\n" + "x".repeat(200) + "\":1}");

    BundleException refused = assertRefused(UNKNOWN_MEMBER, json::done);

    assertThat(refused.facts().get("pointer")).startsWith("/?script??x").hasSizeLessThan(50);
  }

  @Test
  void writesWithoutWhiteSpaceAndWithoutEscapes() {
    byte[] json =
        StrictJson.write(
            out -> {
              out.writeStartObject();
              out.writeStringField("a", "é😀/\"");
              out.writeEndObject();
            });

    assertThat(json).isEqualTo("{\"a\":\"é😀/\\\"\"}".getBytes(UTF_8));
    assertThat(Arrays.copyOf(json, 1)).containsExactly('{');
  }

  private static JsonObject parse(String text) {
    return StrictJson.parse(text.getBytes(UTF_8));
  }
}
