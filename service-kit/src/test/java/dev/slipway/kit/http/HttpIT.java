package dev.slipway.kit.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Problem;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.access.AccessKeys;
import dev.slipway.kit.topic.Fresh;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.TopicWriter;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(StackResource.class)
class HttpIT {

  private static final AppId APP = AppId.of("com.example.app");
  private static final Instant NOW = Instant.now();
  private static TopicWriter writer;
  private static String owner;

  @BeforeAll
  static void open() {
    Fresh.create(Stack.shared(), Topics.ACCESS_KEYS);
    writer = new TopicWriter(Stack.shared());
    owner = key(Set.of(Role.OWNER), Set.of(), NOW.plus(Duration.ofDays(1)));
  }

  @AfterAll
  static void close() {
    writer.close();
  }

  @Test
  void theServiceBecomesReady() {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                given()
                    .get("/q/health/ready")
                    .then()
                    .statusCode(200)
                    .body("checks.name", hasItem("views"))
                    .body("checks.name", hasItem("topics")));
  }

  @Test
  void aKeyOpensAtOnceAfterItWasMade() {
    var fresh = key(Set.of(Role.VIEWER), Set.of(APP), NOW.plus(Duration.ofDays(1)));
    with(fresh)
        .get("/v1/apps/com.example.app")
        .then()
        .statusCode(200)
        .body("app", is("com.example.app"))
        .body("caller", is(fresh.split("_")[2]));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer",
        "Bearer nonsense",
        "Basic b3duZXI6cGFzc3dvcmQ=",
        "Bearer slipway_dev_zzzzzzzz_sssssssssssssssssssssssssssssssssssssssssss"
      })
  void anUnknownCredentialIsRefused(String header) {
    problem(given().header("Authorization", header).get("/v1/apps/com.example.app").then(), 401)
        .body("type", endsWith("/auth-required"))
        .header("WWW-Authenticate", "Bearer");
  }

  @Test
  void noCredentialIsRefusedAndTheBodyNotRead() throws IOException {
    // Given a client that announces a body, and waits before it sends any of it
    try (var socket = new Socket("127.0.0.1", RestAssured.port)) {
      socket.setSoTimeout(10_000);
      // When
      socket
          .getOutputStream()
          .write(
              """
              PUT /v1/apps/com.example.app/blob HTTP/1.1\r
              Host: localhost\r
              Content-Type: application/octet-stream\r
              Content-Length: 3000000\r
              \r
              """
                  .getBytes(StandardCharsets.US_ASCII));
      // Then
      assertThat(firstLine(socket.getInputStream())).contains(" 401 ");
    }
  }

  @Test
  void aWrongSecretAnExpiredAndARevokedKeyAreRefused() {
    var expired = key(Set.of(Role.OWNER), Set.of(), NOW.minusSeconds(1));
    problem(with(expired).get("/v1/apps/com.example.app").then(), 401);

    var good = key(Set.of(Role.OWNER), Set.of(), NOW.plus(Duration.ofDays(1)));
    var id = good.split("_")[2];
    problem(
        with("slipway_dev_" + id + "_" + "s".repeat(43)).get("/v1/apps/com.example.app").then(),
        401);

    with(good).get("/v1/apps/com.example.app").then().statusCode(200);
    send(Message.tombstone(Topics.ACCESS_KEYS, id, 2, NOW));
    await().untilAsserted(() -> problem(with(good).get("/v1/apps/com.example.app").then(), 401));
  }

  @Test
  void aForeignAppIsNotFoundAndAMissingRoleIsSaid() {
    var key = key(Set.of(Role.VIEWER), Set.of(APP), NOW.plus(Duration.ofDays(1)));
    problem(with(key).get("/v1/apps/com.example.other").then(), 404)
        .body("type", endsWith("/not-found"));
    problem(order(key, "{\"order_name\":\"a\"}"), 403)
        .body("type", endsWith("/insufficient-scope"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"access_key", "token", "Api_Key"})
  void aCredentialInTheAddressIsRefusedWhateverElseIsSent(String parameter) {
    problem(with(owner).queryParam(parameter, owner).get("/v1/apps/com.example.app").then(), 400)
        .body("type", endsWith("/credential-in-query"))
        .body(not(containsString(owner)));
  }

  @Test
  void jsonIsReadAndWrittenAsTheContractsSay() {
    order(owner, "{\"order_name\":\"a\",\"hold\":\"PT15M\"}")
        .statusCode(200)
        .body(equalTo("{\"order_name\":\"a\",\"hold\":\"PT15M\"}"));
  }

  @Test
  void mistakesInJsonAreNamedWithTheirPlace() {
    problem(order(owner, "{\"order_name\": SECRET"), 400).body("type", endsWith("/json-invalid"));
    problem(order(owner, ""), 400).body("type", endsWith("/json-invalid"));
    problem(order(owner, "null"), 400).body("type", endsWith("/json-invalid"));
    problem(order(owner, "{\"order_name\":\"a\",\"order_name\":\"SECRET\"}"), 400)
        .body("type", endsWith("/json-duplicate-member"));
    problem(order(owner, "{\"order_name\":\"a\",\"role\":\"SECRET\"}"), 422)
        .body("type", endsWith("/unknown-member"))
        .body("pointer", is("/role"));
    problem(order(owner, "{\"order_name\":\"a\",\"lines\":[{\"amount\":\"SECRET\"}]}"), 422)
        .body("type", endsWith("/value-invalid"))
        .body("pointer", is("/lines/0/amount"));
    problem(order(owner, "{}"), 422).body("pointer", is("/order_name"));
  }

  @Test
  void aBodyMayBeLeftOutWhereTheEndpointSaysSo() {
    with(owner)
        .contentType("application/json")
        .post("/v1/apps/com.example.app/optional-order")
        .then()
        .statusCode(200)
        .body("ordered", is(false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"orders", "blocking-orders"})
  void aBodyOverTheLimitIsRefused(String path) {
    var large = "{\"order_name\":\"" + "x".repeat(70_000) + "\"}";
    problem(
            with(owner)
                .contentType("application/json")
                .body(large)
                .post("/v1/apps/com.example.app/" + path)
                .then(),
            413)
        .body("type", endsWith("/body-too-large"))
        .body("limit", notNullValue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"orders", "blocking-orders"})
  void aBodyThatDoesNotSayItsLengthIsRefusedAtTheLimit(String path) throws IOException {
    // Given
    try (var socket = new Socket("127.0.0.1", RestAssured.port)) {
      socket.setSoTimeout(10_000);
      var out = socket.getOutputStream();
      // When
      out.write(
          """
          POST /v1/apps/com.example.app/%s HTTP/1.1\r
          Host: localhost\r
          Authorization: Bearer %s\r
          Content-Type: application/json\r
          Transfer-Encoding: chunked\r
          \r
          """
              .formatted(path, owner)
              .getBytes(StandardCharsets.US_ASCII));
      chunk(out, "{\"order_name\":\"");
      for (int i = 0; i < 90; i++) chunk(out, "x".repeat(1_000));
      chunk(out, "\"}");
      chunk(out, "");
      // Then
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer.lines().findFirst().orElseThrow()).contains(" 413 ");
      assertThat(answer).contains(Problem.MEDIA_TYPE, "/body-too-large");
    }
  }

  @Test
  void aLargeBodyPassesWhereTheEndpointTakesIt() {
    with(owner)
        .contentType("application/octet-stream")
        .body(new byte[4 << 20])
        .put("/v1/apps/com.example.app/blob")
        .then()
        .statusCode(200)
        .body("size", is(4 << 20));
  }

  @Test
  void otherTypesAndCodingsAreRefused() {
    problem(
            with(owner)
                .contentType("text/plain")
                .body("hello")
                .post("/v1/apps/com.example.app/orders")
                .then(),
            415)
        .body("type", endsWith("/unsupported-media-type"));
    problem(
            with(owner)
                .contentType("application/json")
                .header("Content-Encoding", "gzip")
                .body(new byte[] {1, 2, 3})
                .post("/v1/apps/com.example.app/orders")
                .then(),
            415)
        .body("type", endsWith("/unsupported-media-type"));
  }

  @Test
  void whatIsNotThereIsSaidSo() {
    problem(with(owner).get("/v1/nowhere").then(), 404).body("type", endsWith("/not-found"));
    problem(with(owner).get("/v1/apps/not-an-id").then(), 404).body("type", endsWith("/not-found"));
    problem(with(owner).get("/v1/apps/" + "x".repeat(300)).then(), 404);
    problem(with(owner).delete("/v1/apps/com.example.app").then(), 405)
        .body("type", endsWith("/method-not-allowed"));
    problem(with(owner).queryParam("limit", "many").get("/v1/apps/com.example.app").then(), 404);
    problem(with(owner).accept("text/csv").get("/v1/apps/com.example.app").then(), 406);
  }

  /// What is left to do is not taken from the request's thread when its connection ends, see
  /// [Disconnects]; and it is no failure of the service's.
  @ParameterizedTest
  @CsvSource({"false,400", "true,200"})
  void aRequestWhoseSenderBreaksOffIsAnsweredToItsEnd(boolean goOn, int status) throws Exception {
    for (int i = 0; i < 20; i++) {
      // When
      try (var socket = new Socket("127.0.0.1", RestAssured.port)) {
        socket
            .getOutputStream()
            .write(
                """
                PUT /v1/apps/com.example.app/unheard?go-on=%s HTTP/1.1\r
                Host: localhost\r
                Authorization: Bearer %s\r
                Content-Type: application/octet-stream\r
                Content-Length: 60000\r
                \r
                and no more"""
                    .formatted(goOn, owner)
                    .getBytes(StandardCharsets.US_ASCII));
        assertThat(SampleResource.BEGUN.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
      }

      // Then
      assertThat(SampleResource.UNHEARD.poll(10, TimeUnit.SECONDS)).isEqualTo(status);
    }
  }

  @Test
  void anUnexpectedFailureTellsNothing() {
    problem(with(owner).get("/v1/apps/com.example.app/broken").then(), 500)
        .body("type", endsWith("/internal"))
        .body("incident", notNullValue());
  }

  @Test
  void aRefusalSaysWhatWasFound() {
    problem(with(owner).get("/v1/apps/com.example.app/refused").then(), 409)
        .body("type", endsWith("/not-running"))
        .body("state", is("completed"))
        .body("status", is(409));
  }

  private static ValidatableResponse problem(ValidatableResponse response, int status) {
    return response
        .statusCode(status)
        .contentType(Problem.MEDIA_TYPE)
        .body("status", is(status))
        .body(not(containsString("SECRET")))
        .body(not(containsString("Exception")));
  }

  private static ValidatableResponse order(String key, String body) {
    return with(key)
        .contentType("application/json")
        .body(body)
        .post("/v1/apps/com.example.app/orders")
        .then();
  }

  private static RequestSpecification with(String key) {
    return given().header("Authorization", "Bearer " + key);
  }

  private static String key(Set<Role> roles, Set<AppId> apps, Instant expiresAt) {
    var issued =
        AccessKeys.generate("dev", "test", roles, apps, NOW, expiresAt, new SecureRandom());
    send(Message.of(Topics.ACCESS_KEYS, issued.key().keyId(), issued.key(), NOW));
    return issued.text();
  }

  private static void send(Message message) {
    writer.send(Topics.ACCESS_KEYS.name(), message.key(), message.value(), message.headers());
  }

  private static void chunk(java.io.OutputStream out, String text) throws IOException {
    out.write(
        (Integer.toHexString(text.length()) + "\r\n" + text + "\r\n")
            .getBytes(StandardCharsets.US_ASCII));
  }

  private static String firstLine(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) line.append((char) c);
    return line.toString();
  }
}
