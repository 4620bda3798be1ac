package dev.slipway.delivery.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.contracts.Json;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class HostileBodiesTest {

  private static final String APP = "com.demo.app";
  private static final int RING = 100;

  private RoutesOnImage routes;

  @BeforeEach
  void start() throws Exception {
    routes = new RoutesOnImage(RING);
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.app(APP));
    delta.replay(Samples.bundle(APP, "1.0.1"));
    delta.replay(Samples.channel(APP, "production", 1, "1.0.1"));
    routes.image = Optional.of(delta.apply());
  }

  @AfterEach
  void stop() throws Exception {
    routes.close();
  }

  static Stream<Arguments> bodies() {
    var good = good();
    return Stream.of(
        Arguments.of("nothing", "", "invalid_json_parse_body"),
        Arguments.of("half an object", good.substring(0, 40), "invalid_json_parse_body"),
        Arguments.of("something behind it", good + "x", "invalid_json_parse_body"),
        Arguments.of("two objects", good + good, "invalid_json_parse_body"),
        Arguments.of("a comment", "/* */" + good, "invalid_json_parse_body"),
        Arguments.of("single quotes", "{'app_id':1}", "invalid_json_parse_body"),
        Arguments.of("NaN", "{\"app_id\":NaN}", "invalid_json_parse_body"),
        Arguments.of("a leading zero", "{\"app_id\":01}", "invalid_json_parse_body"),
        Arguments.of("deep arrays", "[".repeat(9000), "invalid_json_parse_body"),
        Arguments.of(
            "depth in an unknown member",
            "{\"x\":" + "[".repeat(5000) + "]".repeat(5000) + "}",
            "invalid_json_parse_body"),
        Arguments.of(
            "a huge number", "{\"timestamp\":" + "9".repeat(9000) + "}", "invalid_json_parse_body"),
        Arguments.of("an array", "[]", "invalid_json_body"),
        Arguments.of("null", "null", "invalid_json_body"),
        Arguments.of("a string", "\"x\"", "invalid_json_body"),
        Arguments.of("no members", "{}", "invalid_json_body"),
        Arguments.of("only unknown members", "{\"a\":1}", "missing_device_id"),
        Arguments.of("null for an id", with("device_id", "null"), "missing_device_id"),
        Arguments.of("empty app", with("app_id", "\"\""), "missing_app_id"),
        Arguments.of("object for an id", with("app_id", "{\"a\":[1,{}]}"), "invalid_json_body"),
        Arguments.of("number for a string", with("version_name", "7"), "invalid_json_body"),
        Arguments.of("string for a boolean", with("is_prod", "\"true\""), "invalid_json_body"),
        Arguments.of("null for a boolean", with("is_emulator", "null"), "invalid_json_body"),
        Arguments.of(
            "long key id", with("key_id", "\"" + "M".repeat(21) + "\""), "invalid_json_body"),
        Arguments.of(
            "long version",
            with("version_name", "\"" + "1".repeat(300) + "\""),
            "invalid_json_body"),
        Arguments.of("path in the app", with("app_id", "\"../../etc\""), "invalid_json_body"),
        Arguments.of(
            "NUL in the app", with("app_id", "\"com.demo\\u0000.app\""), "invalid_json_body"),
        Arguments.of("native version", with("version_build", "\"1..2\""), "semver_error"),
        Arguments.of("plugin version", with("plugin_version", "\"8\""), "invalid_json_body"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bodies")
  void refusesWithTheWordsOfTheProtocol(String name, String body, String error) throws Exception {
    // When
    var answer = routes.send("POST", "/updates", body.getBytes(StandardCharsets.UTF_8));

    // Then
    assertThat(answer.statusCode()).isEqualTo(400);
    var json = json(answer.body());
    assertThat(json.path("error").asText()).isEqualTo(error);
    assertThat(json.path("message").asText()).isNotEmpty();
    assertThat(json.path("moreInfo").isObject()).isTrue();
    assertThat(json.has("kind")).isFalse();
  }

  @Test
  void takesTheLastOfADoubleMember() throws Exception {
    var body =
        good().replaceFirst("\\{", "{\"app_id\":17,\"is_prod\":\"no\",\"version_name\":\"9.9.9\",");
    var answer = routes.send("POST", "/updates", body.getBytes(StandardCharsets.UTF_8));
    assertThat(json(answer.body()).path("version").asText()).isEqualTo("1.0.1");
  }

  @Test
  void ignoresWhatItDoesNotKnow() throws Exception {
    var body = good().replaceFirst("\\{", "{\"x\":{\"app_id\":[1,2,{\"y\":null}]},\"\":\"\",");
    var answer = routes.send("POST", "/updates", body.getBytes(StandardCharsets.UTF_8));
    assertThat(json(answer.body()).path("version").asText()).isEqualTo("1.0.1");
  }

  @Test
  void repeatsHalfASurrogateAsAReplacement() throws Exception {
    // Given
    var body = with("version_name", "\"1.0\\ud800\"").replace("1.0.0\"", "2.0.0\"");

    // When
    var answer = routes.send("POST", "/updates", body.getBytes(StandardCharsets.UTF_8));

    // Then
    assertThat(json(answer.body()).path("error").asText())
        .isEqualTo("disable_auto_update_under_native");
    assertThat(json(answer.body()).path("old").asText()).isEqualTo("1.0\ufffd");
  }

  @Test
  void refusesABodyAboveTheLimitWhetherAnnouncedOrNot() throws Exception {
    var large = with("x", "\"" + "y".repeat(UpdatesRoute.MAX_BODY) + "\"");
    var announced = routes.send("POST", "/updates", large.getBytes(StandardCharsets.UTF_8));
    assertThat(announced.statusCode()).isEqualTo(413);
    assertThat(json(announced.body()).path("error").asText()).isEqualTo("body_too_large");

    try (var socket = new Socket(routes.base.getHost(), routes.base.getPort())) {
      var out = socket.getOutputStream();
      out.write(
          "POST /stats HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));
      var chunk = ("8000\r\n" + "z".repeat(0x8000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < 33; i++) out.write(chunk);
      out.flush();
      var status = new byte[12];
      assertThat(socket.getInputStream().readNBytes(status, 0, 12)).isEqualTo(12);
      assertThat(new String(status, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 413");
    }
    // The largest body that is taken.
    var padding = UpdatesRoute.MAX_BODY - good().length() - ",\"x\":\"\"".length();
    var largest = good().replaceFirst("}$", ",\"x\":\"" + "y".repeat(padding) + "\"}");
    assertThat(
            routes.send("POST", "/updates", largest.getBytes(StandardCharsets.UTF_8)).statusCode())
        .isEqualTo(200);
  }

  @Test
  void answersEveryRandomBodyWithoutAServerError() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    for (int i = 0; i < 400; i++) {
      var bytes = good().getBytes(StandardCharsets.UTF_8);
      for (int change = random.nextInt(6); change >= 0; change--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      var path = random.nextBoolean() ? "/updates" : "/stats";
      var answer = routes.send("POST", path, bytes);
      assertThat(answer.statusCode()).isIn(200, 400);
      assertThat(json(answer.body()).isObject()).isTrue();
    }
  }

  @Test
  void judgesEachEntryOfABatchByItself() throws Exception {
    // Given
    var report = report("update_fail");
    var batch =
        "["
            + String.join(
                ",",
                report,
                "7",
                report.replace("\"action\":\"update_fail\"", "\"action\":null"),
                report.replace("1.0.0\"", "x.y\""),
                report.replace("\"version_name\":\"builtin\",", ""),
                "{}",
                report("download_1410"))
            + "]";

    // When
    var answer = routes.send("POST", "/stats", batch.getBytes(StandardCharsets.UTF_8));

    // Then
    assertThat(answer.statusCode()).isEqualTo(200);
    var results = json(answer.body()).path("results");
    assertThat(results.findValuesAsText("status"))
        .containsExactly("ok", "error", "error", "error", "ok", "error", "ok");
    assertThat(results.findValuesAsText("index"))
        .containsExactly("0", "1", "2", "3", "4", "5", "6");
    assertThat(results.findValuesAsText("error"))
        .containsExactly(
            "invalid_json_body", "invalid_json_body", "semver_error", "invalid_json_body");
    assertThat(routes.ring.size()).isEqualTo(3);
  }

  @Test
  void refusesABatchOfTooManyEntries() throws Exception {
    var batch = "[" + "{},".repeat(1000) + "{}]";
    var answer = routes.send("POST", "/stats", batch.getBytes(StandardCharsets.UTF_8));
    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(json(answer.body()).path("error").asText()).isEqualTo("too_many_items");
  }

  @Test
  void answersReportsWellWhenTheRingIsFullAndCountsWhatItDrops() throws Exception {
    for (int i = 0; i < RING + 20; i++) {
      var answer = routes.send("POST", "/stats", report("set").getBytes(StandardCharsets.UTF_8));
      assertThat(answer.statusCode()).isEqualTo(200);
    }
    assertThat(routes.ring.size()).isEqualTo(RING);
    assertThat(routes.reports("dropped")).isEqualTo(20);
  }

  @Test
  void keepsReportsButPutsOffChecksWhileThereIsNoImage() throws Exception {
    routes.image = Optional.empty();
    var check = routes.send("POST", "/updates", good().getBytes(StandardCharsets.UTF_8));
    // Any other status, and any other kind, would make each device report a download_fail.
    assertThat(check.statusCode()).isEqualTo(200);
    assertThat(json(check.body()).path("error").asText()).isEqualTo("not_ready");
    assertThat(json(check.body()).path("kind").asText()).isEqualTo("blocked");
    var report = routes.send("POST", "/stats", report("set").getBytes(StandardCharsets.UTF_8));
    assertThat(report.statusCode()).isEqualTo(200);
    assertThat(routes.ring.size()).isEqualTo(1);
  }

  @Test
  void tellsWhoLooksThatItIsThere() throws Exception {
    var get = routes.send("GET", "/updates", new byte[0]);
    assertThat(get.statusCode()).isEqualTo(200);
    assertThat(get.body()).isEqualTo("{\"status\":\"ok\"}");
    var head = routes.send("HEAD", "/updates", new byte[0]);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValue("Content-Type")).hasValue("application/json");
  }

  @Test
  void keepsNoReportOfAnUnknownApp() throws Exception {
    var body = report("set").replace(APP, "com.other.app");
    var single = routes.send("POST", "/stats", body.getBytes(StandardCharsets.UTF_8));
    var batch = routes.send("POST", "/stats", ("[" + body + "]").getBytes(StandardCharsets.UTF_8));
    assertThat(single.statusCode()).isEqualTo(200);
    assertThat(json(single.body()).path("error").asText()).isEqualTo("app_not_found");
    assertThat(batch.statusCode()).isEqualTo(200);
    assertThat(routes.ring.size()).isZero();
  }

  @Test
  void answersTheElectronUpdaterInItsShapes() throws Exception {
    var who =
        "?platform=electron&plugin_version=0.0.1&app_id=" + APP + "&is_emulator=false&is_prod=true";
    var list = json(routes.send("GET", "/channel_self" + who + "&action=list", new byte[0]).body());
    assertThat(list.path("channels").path(0).path("name").asText()).isEqualTo("production");
    assertThat(list.path("channels").path(0).path("id").isNumber()).isTrue();
    var own = json(routes.send("GET", "/channel_self" + who, new byte[0]).body());
    assertThat(own.path("channel").asText()).isEqualTo("production");
    assertThat(own.path("allow_set").asBoolean()).isTrue();
  }

  private static String good() {
    return "{\"platform\":\"android\",\"device_id\":\"00009A6B-eefe-490a-9c60-8e965132ae51\","
        + "\"app_id\":\"com.demo.app\",\"version_build\":\"1.0.0\",\"version_name\":\"builtin\","
        + "\"plugin_version\":\"8.51.23\",\"is_emulator\":false,\"is_prod\":true,\"defaultChannel\":\"\","
        + "\"key_id\":\"MIIBCgKCAQEAbbbbbbbb\",\"install_source\":\"\"}";
  }

  private static String report(String action) {
    return good().replaceFirst("}$", ",\"action\":\"" + action + "\",\"timestamp\":1795357207222}");
  }

  private static String with(String member, String value) {
    return good().replaceFirst("}$", ",\"" + member + "\":" + value.replace("\\", "\\\\") + "}");
  }

  private static JsonNode json(String text) throws Exception {
    return Json.LENIENT.readTree(text);
  }
}
