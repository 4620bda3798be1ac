package dev.slipway.rollout;

import static dev.slipway.rollout.Suite.STACK;
import static dev.slipway.rollout.Suite.application;
import static dev.slipway.rollout.Suite.as;
import static dev.slipway.rollout.Suite.get;
import static dev.slipway.rollout.Suite.keyFor;
import static dev.slipway.rollout.Suite.ownerKey;
import static dev.slipway.rollout.Suite.post;
import static dev.slipway.rollout.Suite.problem;
import static dev.slipway.rollout.Suite.read;
import static dev.slipway.rollout.Suite.registeredApp;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.standardwebhooks.Webhook;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.AccessKeyView;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.audit.AuditCheckpoint;
import dev.slipway.contracts.audit.AuditVerification;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.contracts.webhook.WebhookView;
import dev.slipway.decisions.audit.Checkpoint;
import dev.slipway.decisions.audit.SignedNote;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.TopicReader;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// People and machines: keys, the audit, apps over their life, webhooks.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class PeopleIT {

  private static final Duration SOON = Duration.ofSeconds(20);

  @Test
  void aChangeAndARefusalAreInTheAudit() {
    // Given
    var viewer = keyFor(Set.of(Role.VIEWER), null);
    var viewerId = viewer.split("_")[2];
    // When
    var app = registeredApp();
    as(viewer).delete("/v1/apps/" + app + "?reason=x").then().statusCode(403);
    // Then
    var lines = get("/v1/audit?app=" + app + "&order=newest&limit=10");
    assertThat(lines.<List<String>>path("items.action")).contains("app.create", "request.refuse");
    assertThat(lines.<List<String>>path("items.problem")).contains("insufficient-scope");
    assertThat(lines.<List<String>>path("items.actor")).contains(viewerId);
    assertThat(get("/v1/audit?actor=" + viewerId).<List<String>>path("items.subject"))
        .containsExactly("DELETE /v1/apps/" + app);
    assertThat(as(viewer).get("/v1/audit").statusCode()).isEqualTo(403);
  }

  @Test
  void ordersOfPeopleAndTheirReasonsAreInTheAudit() {
    var app = registeredApp();
    var rollout =
        Suite.start(app, Suite.published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "100 %");
    Suite.order(rollout, "pause", null).then().statusCode(200);
    var lines = get("/v1/audit?app=" + app);
    assertThat(lines.<List<String>>path("items.action"))
        .contains("rollout.started", "rollout.paused");
    assertThat(lines.<List<String>>path("items.reason")).contains("a test");
    assertThat(lines.<List<String>>path("items.actor")).contains(ownerKey().split("_")[2]);
  }

  /// Row H8.
  @Test
  void anAlteredOrRemovedLineIsFound() throws Exception {
    // Given
    registeredApp();
    var signed = read(post("/v1/audit/checkpoint", ""), AuditCheckpoint.class);
    assertThat(Checkpoint.open(signed.note(), SignedNote.Verifier.parse(signed.key())))
        .hasValueSatisfying(it -> assertThat(it.position().seq()).isEqualTo(signed.seq()));
    assertThat(verification().holds()).as(verification().toString()).isTrue();
    long line = signed.seq();

    // When, Then
    sql("update rollout.audit set actor = 'nobody' || actor where seq = " + line, true);
    assertThat(verification().brokenAt()).isEqualTo(line);
    sql("update rollout.audit set actor = substr(actor, 7) where seq = " + line, true);
    assertThat(verification().holds()).isTrue();
    sql(
        "create table rollout.stolen as select * from rollout.audit where seq = "
            + line
            + ";"
            + "delete from rollout.audit where seq = "
            + line,
        true);
    assertThat(verification().brokenAt()).isEqualTo(line);
    sql("insert into rollout.audit select * from rollout.stolen; drop table rollout.stolen", true);
    assertThat(verification().holds()).isTrue();
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> sql("delete from rollout.audit where seq = " + line, false))
        .hasMessageContaining("only grows");
  }

  /// Two lines that changed their places.
  @Test
  void reorderedLinesAreFound() throws Exception {
    // Given
    registeredApp();
    registeredApp();
    long line = read(post("/v1/audit/checkpoint", ""), AuditCheckpoint.class).seq();
    var swap =
        """
        update rollout.audit set seq = -1 where seq = %1$d;
        update rollout.audit set seq = %1$d where seq = %2$d;
        update rollout.audit set seq = %2$d where seq = -1
        """
            .formatted(line - 1, line);

    // When, Then
    sql(swap, true);
    assertThat(verification().brokenAt()).isEqualTo(line - 1);
    sql(swap, true);
    assertThat(verification().holds()).isTrue();
  }

  /// Whatever a person changes: a line with who, what and why.
  @Test
  void eachChangeHasItsLine() {
    // Given
    var app = registeredApp();
    var path = "/v1/apps/" + app;
    var device = "/overrides/11111111-1111-1111-1111-111111111111";

    // When
    as(ownerKey())
        .body("{\"channel\":\"production\",\"reason\":\"a tester\"}")
        .put(path + device)
        .then()
        .statusCode(200);
    as(ownerKey()).delete(path + device + "?reason=done").then().statusCode(204);
    post("/v1/republish", "").then().statusCode(200);
    post(path + "/enrolment-token", "").then().statusCode(201);
    var key = keyFor(Set.of(Role.VIEWER), Set.of(app)).split("_")[2];
    as(ownerKey()).delete("/v1/access-keys/" + key).then().statusCode(204);

    // Then
    var lines = get("/v1/audit?app=" + app);
    assertThat(lines.<List<String>>path("items.action"))
        .containsExactly(
            "rollout.channel-opened",
            "app.create",
            "override.set",
            "override.remove",
            "app.enrolment-token");
    assertThat(lines.<List<String>>path("items.reason")).contains("a tester", "done");
    assertThat(lines.<List<String>>path("items.subject"))
        .noneMatch(subject -> subject.contains("11111111"))
        .filteredOn(subject -> subject.startsWith("apps/" + app + "/devices/"))
        .hasSize(2);
    assertThat(get("/v1/audit?order=newest&limit=20").<List<String>>path("items.action"))
        .contains("admin.republish", "access.create", "access.revoke");
  }

  private static AuditVerification verification() {
    return read(get("/v1/audit/verification"), AuditVerification.class);
  }

  /// As somebody with the database's own password can.
  private static void sql(String statement, boolean unguarded) throws Exception {
    try (var connection =
            DriverManager.getConnection(STACK.jdbcUrl(), STACK.user(), STACK.password());
        var order = connection.createStatement()) {
      if (unguarded) order.execute("alter table rollout.audit disable trigger audit_append_only");
      order.execute(statement);
      if (unguarded) order.execute("alter table rollout.audit enable trigger audit_append_only");
    }
  }

  @Test
  void aKeyIsRotatedWithAnOverlap() {
    // Given
    var old = keyFor(Set.of(Role.VIEWER), null);
    // When
    var rotated =
        post(
            "/v1/access-keys/" + old.split("_")[2] + "/rotate",
            "{\"expires_in\":\"PT1H\",\"overlap\":\"PT0S\"}");
    // Then
    assertThat(rotated.statusCode()).as(rotated.asString()).isEqualTo(201);
    var successor = read(rotated, AccessKeyView.class);
    assertThat(successor.roles()).containsExactly(Role.VIEWER);
    assertThat(successor.successorOf()).isEqualTo(old.split("_")[2]);
    assertThat(as(successor.text()).get("/v1/apps").statusCode()).isEqualTo(200);
    // and all services learn that they are one person's
    try (var reader = TopicReader.fromBeginning(STACK, Topics.ACCESS_KEYS.name())) {
      reader.until(all -> all.stream().anyMatch(record -> record.key().equals(successor.keyId())));
      assertThat(
              reader.toEnd().stream()
                  .filter(record -> record.key().equals(successor.keyId()))
                  .map(record -> Message.read(Topics.ACCESS_KEYS, record.value()).holder()))
          .containsOnly(old.split("_")[2]);
    }
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(as(old).get("/v1/apps").statusCode()).isEqualTo(401));
  }

  @Test
  void theLastOwnersKeyStays() {
    var id = ownerKey().split("_")[2];
    var others =
        get("/v1/access-keys?limit=500").<List<Map<String, Object>>>path("items").stream()
            .filter(it -> ((List<?>) it.get("roles")).contains("owner"))
            .filter(it -> ((List<?>) it.get("apps")).isEmpty())
            .map(it -> (String) it.get("key_id"))
            .filter(it -> !it.equals(id))
            .toList();
    others.forEach(it -> as(ownerKey()).delete("/v1/access-keys/" + it).then().statusCode(204));
    assertThat(problem(as(ownerKey()).delete("/v1/access-keys/" + id), 409).slug())
        .isEqualTo("last-owner-key");
  }

  @Test
  void anOwnerOfOneAppMakesKeysToThatAppAlone() {
    var app = registeredApp();
    var owner = keyFor(Set.of(Role.OWNER), Set.of(app));
    var body = "{\"name\":\"n\",\"roles\":[\"viewer\"],\"expires_in\":\"PT1H\"%s}";
    assertThat(
            as(owner)
                .body(body.formatted(",\"apps\":[\"" + app + "\"]"))
                .post("/v1/access-keys")
                .statusCode())
        .isEqualTo(201);
    assertThat(as(owner).body(body.formatted("")).post("/v1/access-keys").statusCode())
        .isEqualTo(403);
    assertThat(
            as(owner)
                .body(body.formatted(",\"apps\":[\"com.example.foreign\"]"))
                .post("/v1/access-keys")
                .statusCode())
        .isEqualTo(404);
    assertThat(as(owner).get("/v1/access-keys?limit=500").<List<List<String>>>path("items.apps"))
        .allMatch(apps -> apps.equals(List.of(app.text())));
  }

  /// Row H4.
  @Test
  void aKeyInTheAddressIsRefused() {
    var answer = given().get("/v1/apps?whatever=" + keyFor(Set.of(Role.VIEWER), null));
    assertThat(problem(answer, 400).slug()).isEqualTo("credential-in-query");
  }

  /// Row H4: tests run with the option.
  @Test
  void aKeyInTheAddressIsRevokedWhereThatIsWanted() {
    // Given
    var key = keyFor(Set.of(Role.VIEWER), null);
    as(key).get("/v1/apps").then().statusCode(200);

    // When
    as(key).get("/v1/apps?token=" + key).then().statusCode(400);

    // Then
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(as(key).get("/v1/apps").statusCode()).isEqualTo(401));
    assertThat(
            get("/v1/audit?action=access.revoke&order=newest&limit=5")
                .<List<String>>path("items.subject"))
        .contains("access-keys/" + key.split("_")[2]);
  }

  /// Row H3.
  @Test
  void nobodyGivesThemselvesARole() {
    var app = registeredApp();
    var answer =
        as(ownerKey())
            .header("If-Match", "\"1\"")
            .body("{\"name\":\"x\",\"role\":\"owner\"}")
            .patch("/v1/apps/" + app);
    assertThat(problem(answer, 422).slug()).isEqualTo("unknown-member");
  }

  @Test
  void anAppIsChangedByWhoeverSawItLast() {
    // Given
    var app = registeredApp();
    var seen = get("/v1/apps/" + app);
    var tag = seen.header("ETag");
    // When
    var changed =
        as(ownerKey())
            .header("If-Match", tag)
            .body("{\"name\":\"New\",\"grace_days\":180,\"key_ids\":[\"kid2\"],\"reason\":\"why\"}")
            .patch("/v1/apps/" + app);
    // Then
    assertThat(changed.statusCode()).as(changed.asString()).isEqualTo(200);
    var state = read(changed, AppState.class);
    assertThat(state.policy().graceDays()).isEqualTo(180);
    assertThat(state.retiredKeyIds()).containsExactly("kid1");
    var again = as(ownerKey()).header("If-Match", tag).body("{\"name\":\"Other\"}");
    assertThat(problem(again.patch("/v1/apps/" + app), 412).slug()).isEqualTo("revision-changed");
    assertThat(problem(as(ownerKey()).body("{}").patch("/v1/apps/" + app), 428).slug())
        .isEqualTo("revision-required");
    var back =
        as(ownerKey()).header("If-Match", changed.header("ETag")).body("{\"key_ids\":[\"kid1\"]}");
    assertThat(problem(back.patch("/v1/apps/" + app), 422).slug()).isEqualTo("kid-retired");
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(
                        Message.read(
                            Topics.APPS, Suite.records(Topics.APPS, app.text()).getLast().value()))
                    .isEqualTo(state));
  }

  @Test
  void aDeletedAppIsUntouchableAndComesBack() {
    var app = registeredApp();
    var tag = get("/v1/apps/" + app).header("ETag");
    var deleted = as(ownerKey()).header("If-Match", tag).delete("/v1/apps/" + app + "?reason=old");
    assertThat(deleted.statusCode()).as(deleted.asString()).isEqualTo(200);
    assertThat(read(deleted, AppState.class).deletedAt()).isNotNull();
    var version = Suite.published(app, "1.0.1");
    var start =
        post(
            Suite.channelPath(app) + "/rollouts",
            Suite.plan(version, Gate.TIME, Duration.ZERO, "100 %"));
    assertThat(problem(start, 409).slug()).isEqualTo("app-deleted");
    assertThat(read(post("/v1/apps/" + app + "/undelete", ""), AppState.class).deletedAt())
        .isNull();
  }

  /// Row B16.
  @ParameterizedTest
  @ValueSource(strings = {"com.example.LOOKS1", "com.example.looksl", "com.exarnple.looks1"})
  void idsThatLookAlikeAreRefused(String alike) {
    post("/v1/apps", application(AppId.of("com.example.looks1")));
    assertThat(problem(post("/v1/apps", application(AppId.of(alike))), 409).slug())
        .isEqualTo("id-confusable");
  }

  @Test
  void theEnrolmentTokenIsShownOnceAndKeptAsADigest() {
    var app = registeredApp();
    var token = post("/v1/apps/" + app + "/enrolment-token", "").<String>path("token");
    assertThat(token).startsWith("slipway_enrol_");
    assertThat(read(get("/v1/apps/" + app), AppState.class).enrolmentToken())
        .isEqualTo(Digest.sha256(token.getBytes(StandardCharsets.US_ASCII)));
    assertThat(get("/v1/apps/" + app).asString()).doesNotContain(token);
  }

  /// Row H5; 127.0.0.1 itself is where this test's receivers listen, and allowed for that.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://127.0.0.2/",
        "https://169.254.169.254/",
        "https://[::1]/",
        "https://0x7f.1/",
        "https://localhost/",
        "http://example.com/"
      })
  void noWebhookPointsInside(String url) {
    var answer = post("/v1/webhooks", "{\"url\":\"" + url + "\"}");
    assertThat(problem(answer, 422).slug()).isEqualTo("webhook-url");
  }

  @Test
  void anEventReachesAWebhookSigned() throws Exception {
    // Given
    record Heard(HttpHeaders headers, String body) {}
    var heard = new ConcurrentLinkedQueue<Heard>();
    var server =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 16);
    server.createContext(
        "/hook",
        exchange -> {
          var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          var headers =
              HttpHeaders.of(
                  Map.copyOf(exchange.getRequestHeaders()), (name, value) -> name != null);
          // The first attempt fails.
          int status = heard.isEmpty() ? 500 : 204;
          heard.add(new Heard(headers, body));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    try {
      var app = registeredApp();
      var url = "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
      var created =
          post(
              "/v1/webhooks",
              "{\"url\":\"%s\",\"app_id\":\"%s\",\"events\":[\"rollout.rollout-started\",\"rollout.started\",\"webhook\"]}"
                  .formatted(url, app));
      assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
      var webhook = read(created, WebhookView.class);

      // When
      Suite.start(app, Suite.published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "100 %");

      // Then
      await().atMost(Duration.ofSeconds(30)).until(() -> heard.size() == 2);
      var messages = List.copyOf(heard);
      assertThat(messages.getFirst().body()).isEqualTo(messages.getLast().body());
      assertThat(messages.getFirst().headers().firstValue("webhook-id"))
          .isEqualTo(messages.getLast().headers().firstValue("webhook-id"));
      new Webhook(webhook.secret()).verify(messages.getLast().body(), messages.getLast().headers());
      assertThat(messages.getLast().body()).contains("rollout.started", app.text());
      var path = "/v1/webhooks/" + webhook.id();
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(get(path + "/deliveries").<List<String>>path("items.state"))
                      .containsExactly("delivered"));
      assertThat(get(path).asString()).doesNotContain(webhook.secret());

      // A test message, a replay, a rotation.
      assertThat(post(path + "/test", "").statusCode()).isEqualTo(200);
      await().atMost(SOON).until(() -> heard.size() == 3);
      var message = get(path + "/deliveries?limit=500").<List<String>>path("items.message_id");
      assertThat(post(path + "/deliveries/" + message.getLast() + "/replay", "").statusCode())
          .isEqualTo(200);
      await().atMost(SOON).until(() -> heard.size() == 4);
      var rotated = read(post(path + "/rotate-secret", "{}"), WebhookView.class);
      assertThat(rotated.secret()).isNotEqualTo(webhook.secret());
      assertThat(rotated.publicKeys()).hasSize(2);
      post(path + "/test", "").then().statusCode(200);
      await().atMost(SOON).until(() -> heard.size() == 5);
      var last = List.copyOf(heard).getLast();
      new Webhook(webhook.secret()).verify(last.body(), last.headers());
      new Webhook(rotated.secret()).verify(last.body(), last.headers());
      assertThat(post(path + "/disable", "").<Boolean>path("enabled")).isFalse();
      assertThat(problem(post(path + "/test", ""), 409).slug()).isEqualTo("webhook-disabled");
      assertThat(as(ownerKey()).delete(path).statusCode()).isEqualTo(204);
      assertThat(
              Stream.of(
                      get("/v1/audit?action=webhook&limit=1000").<List<String>>path("items.action"))
                  .flatMap(List::stream))
          .contains("webhook.create", "webhook.disable", "webhook.delete");
    } finally {
      server.stop(0);
    }
  }
}
