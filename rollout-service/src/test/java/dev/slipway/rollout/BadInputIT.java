package dev.slipway.rollout;

import static dev.slipway.rollout.Suite.application;
import static dev.slipway.rollout.Suite.as;
import static dev.slipway.rollout.Suite.channelPath;
import static dev.slipway.rollout.Suite.json;
import static dev.slipway.rollout.Suite.keyFor;
import static dev.slipway.rollout.Suite.newAppId;
import static dev.slipway.rollout.Suite.ownerKey;
import static dev.slipway.rollout.Suite.plan;
import static dev.slipway.rollout.Suite.problem;
import static dev.slipway.rollout.Suite.published;
import static dev.slipway.rollout.Suite.registeredApp;
import static dev.slipway.rollout.Suite.start;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.bundle.BundleState.Status;
import dev.slipway.contracts.http.Problem;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.testkit.StackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// Each wrong request gets its problem, and leaves nothing behind: no row, so no record either.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class BadInputIT {

  private static final String ROLLOUT =
      """
      {"version":"1.0.1","reason":"why","stages":[%s]}
      """;
  private static final String LAST = "{\"exposure\":\"100 %\",\"hold\":\"PT0S\",\"gate\":\"time\"}";

  @Test
  void startsThatAreRefused() {
    var app = registeredApp();
    published(app, "1.0.1");
    Suite.bundle(app, "1.0.9", Status.WITHDRAWN);
    var path = channelPath(app) + "/rollouts";

    refused(422, "value-invalid", () -> owner(path, ROLLOUT.formatted(stage("101 %"))));
    refused(422, "value-invalid", () -> owner(path, ROLLOUT.formatted(stage("-1 %"))));
    refused(422, "value-invalid", () -> owner(path, ROLLOUT.formatted(stage("NaN"))));
    refused(422, "value-invalid", () -> owner(path, ROLLOUT.formatted(stage("0 %"))));
    refused(422, "value-invalid", () -> owner(path, ROLLOUT.formatted(stage("100.01 %"))));
    refused(422, "stages-invalid", () -> owner(path, ROLLOUT.formatted("")));
    refused(422, "stages-invalid", () -> owner(path, ROLLOUT.formatted(stage("50 %"))));
    refused(
        422, "stages-invalid", () -> owner(path, ROLLOUT.formatted(stage("95 %") + "," + LAST)));
    refused(
        422,
        "stages-invalid",
        () -> owner(path, ROLLOUT.formatted(stage("50 %") + "," + stage("10 %") + "," + LAST)));
    refused(400, "json-invalid", () -> owner(path, "{\"version\":"));
    refused(400, "json-invalid", () -> owner(path, ""));
    refused(
        422,
        "unknown-member",
        () -> owner(path, "{\"version\":\"1\",\"reason\":\"why\",\"role\":\"owner\"}"));
    refused(422, "value-invalid", () -> owner(path, "{\"version\":\"1.0.1\"}"));
    refused(422, "value-invalid", () -> owner(path, "{\"version\":\"a b\",\"reason\":\"why\"}"));
    refused(422, "reason-invalid", () -> owner(path, "{\"version\":\"1.0.1\",\"reason\":\" \"}"));
    refused(
        422,
        "reason-invalid",
        () -> owner(path, "{\"version\":\"1.0.1\",\"reason\":\"a\\u001b[31mb\"}"));
    refused(
        422,
        "reason-invalid",
        () -> owner(path, "{\"version\":\"1.0.1\",\"reason\":\"" + "x".repeat(501) + "\"}"));
    refused(
        422,
        "value-invalid",
        () -> owner(path, "{\"version\":\"1.0.1\",\"reason\":\"why\",\"policy\":{\"alpha\":2}}"));
    var unknown =
        refused(
            409,
            "version-not-published",
            () -> owner(path, json(plan(Version.of("7.7.7"), Gate.TIME, Duration.ZERO, "100 %"))));
    assertThat(unknown.detail()).contains("7.7.7");
    refused(
        409,
        "version-not-published",
        () -> owner(path, json(plan(Version.BUILTIN, Gate.TIME, Duration.ZERO, "100 %"))));
    refused(
        409,
        "version-withdrawn",
        () -> owner(path, json(plan(Version.of("1.0.9"), Gate.TIME, Duration.ZERO, "100 %"))));
    refused(413, "body-too-large", () -> owner(path, "\"" + "x".repeat(100_000) + "\""));
    refused(
        404,
        "not-found",
        () ->
            owner(
                "/v1/apps/" + app + "/channels/beta/rollouts",
                json(plan(Version.of("1.0.1"), Gate.TIME, Duration.ZERO, "100 %"))));
    refused(
        404,
        "not-found",
        () ->
            owner(
                "/v1/apps/com.example.nobody/channels/production/rollouts",
                json(plan(Version.of("1.0.1"), Gate.TIME, Duration.ZERO, "100 %"))));
    refused(
        415,
        "unsupported-media-type",
        () ->
            given()
                .header("Authorization", "Bearer " + ownerKey())
                .contentType("text/plain")
                .body("x")
                .post(path));
  }

  @Test
  void aSecondRolloutNamesTheFirst() {
    var app = registeredApp();
    var first = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "100 %");
    published(app, "1.0.2");
    var refused =
        refused(
            409,
            "rollout-active",
            () ->
                owner(
                    channelPath(app) + "/rollouts",
                    json(plan(Version.of("1.0.2"), Gate.TIME, Duration.ZERO, "100 %"))));
    assertThat(refused.facts()).containsEntry("active_rollout", first.rolloutId().text());
    Suite.order(first, "advance", null).then().statusCode(200);
    refused(
        409,
        "version-is-baseline",
        () ->
            owner(
                channelPath(app) + "/rollouts",
                json(plan(Version.of("1.0.1"), Gate.TIME, Duration.ZERO, "100 %"))));
  }

  @Test
  void ordersThatAreRefused() {
    var app = registeredApp();
    var other = registeredApp();
    var rollout = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "5 %", "100 %");
    var order = "{\"reason\":\"why\"}";

    refused(404, "not-found", () -> owner(rollouts(app) + "no-uuid/pause", order));
    refused(
        404,
        "not-found",
        () -> owner(rollouts(app) + "00000000-0000-0000-0000-000000000000/pause", order));
    refused(404, "not-found", () -> owner(rollouts(other) + rollout.rolloutId() + "/pause", order));
    refused(404, "not-found", () -> owner(path(rollout) + "/explode", order));
    refused(400, "json-invalid", () -> owner(path(rollout) + "/pause", ""));
    refused(422, "value-invalid", () -> owner(path(rollout) + "/pause", "{}"));
    refused(
        422,
        "value-invalid",
        () -> owner(path(rollout) + "/pause", "{\"reason\":\"why\",\"epoch\":1.5}"));
    refused(
        400,
        "json-duplicate-member",
        () -> owner(path(rollout) + "/pause", "{\"reason\":\"a\",\"reason\":\"b\"}"));
    var stale =
        refused(
            412,
            "epoch-changed",
            () -> owner(path(rollout) + "/pause", "{\"reason\":\"why\",\"epoch\":1}"));
    assertThat(stale.facts())
        .containsEntry("state", "running")
        .containsEntry("epoch", rollout.epoch());
    Suite.order(rollout, "rollback", null).then().statusCode(200);
    refused(409, "already-ended", () -> owner(path(rollout) + "/pause", order));
    refused(409, "already-ended", () -> owner(path(rollout) + "/resume", order));
    refused(409, "already-ended", () -> owner(path(rollout) + "/advance", order));
  }

  @Test
  void callersWhoMayNot() {
    var app = registeredApp();
    var rollout = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "100 %");
    var viewer = keyFor(Set.of(Role.VIEWER), null);
    var publisher = keyFor(Set.of(Role.PUBLISHER), null);
    var foreign = keyFor(Set.of(Role.RELEASER), Set.of(AppId.of("com.example.foreign")));
    var order = "{\"reason\":\"why\"}";

    refused(401, "auth-required", () -> given().get(path(rollout)));
    refused(
        401, "auth-required", () -> as("slipway_local_abcdefgh_" + "x".repeat(43)).get("/v1/apps"));
    refused(
        401,
        "auth-required",
        () -> as(ownerKey().substring(0, ownerKey().length() - 4) + "AAAA").get("/v1/apps"));
    refused(
        401,
        "auth-required",
        () -> given().contentType("application/json").body(order).post(path(rollout) + "/pause"));
    for (var key : List.of(viewer, publisher)) {
      refused(
          403, "insufficient-scope", () -> as(key).body(order).post(path(rollout) + "/rollback"));
      refused(
          403,
          "insufficient-scope",
          () -> as(key).body(json(application(newAppId()))).post("/v1/apps"));
    }
    refused(403, "insufficient-scope", () -> as(viewer).get("/v1/access-keys"));
    refused(404, "not-found", () -> as(foreign).get(path(rollout)));
    refused(404, "not-found", () -> as(foreign).body(order).post(path(rollout) + "/rollback"));
    refused(400, "credential-in-query", () -> given().get("/v1/apps?access_key=any"));
  }

  @Test
  void appsThatAreRefused() {
    var certificate = Suite.certificate();

    refused(
        422, "app-id-charset", () -> owner("/v1/apps", app("com.ex\u0430mple.app", certificate)));
    refused(422, "app-id-charset", () -> owner("/v1/apps", app("nodots", certificate)));
    refused(
        422, "app-id-charset", () -> owner("/v1/apps", app("a." + "b".repeat(200), certificate)));
    refused(422, "certificate-invalid", () -> owner("/v1/apps", app("com.example.bad", "***")));
    refused(422, "certificate-profile", () -> owner("/v1/apps", app("com.example.bad", "AAAA")));
    refused(
        413,
        "certificate-too-large",
        () -> owner("/v1/apps", app("com.example.bad", "A".repeat(30_000))));
    refused(422, "value-invalid", () -> owner("/v1/apps", "{\"app_id\":\"com.example.bad\"}"));
    refused(422, "value-invalid", () -> owner("/v1/apps", "[]"));
    refused(
        422,
        "key-ids-invalid",
        () ->
            owner(
                "/v1/apps",
                "{\"app_id\":\"com.example.bad\",\"publisher_certificate\":\""
                    + certificate
                    + "\",\"key_ids\":[\"a\",\"a\"]}"));
    refused(404, "not-found", () -> as(ownerKey()).get("/v1/apps/com.example.bad"));
    refused(404, "not-found", () -> as(ownerKey()).get("/v1/apps/..%2f..%2fetc"));
    refused(404, "not-found", () -> as(ownerKey()).get("/v1/apps/com.example.bad/channels"));
    refused(
        404,
        "not-found",
        () ->
            as(ownerKey())
                .body(json(dev.slipway.contracts.rollout.ChannelRules.DEFAULT))
                .put("/v1/apps/com.example.bad/channels/beta"));
    refused(422, "limit-invalid", () -> as(ownerKey()).get("/v1/apps?limit=0"));
    refused(422, "limit-invalid", () -> as(ownerKey()).get("/v1/apps?limit=many"));
  }

  @Test
  void keysThatAreRefused() {
    var path = "/v1/access-keys";
    refused(422, "value-invalid", () -> owner(path, key("[]", "PT1H")));
    refused(422, "value-invalid", () -> owner(path, key("[\"emperor\"]", "PT1H")));
    refused(422, "value-invalid", () -> owner(path, key("[\"viewer\"]", "PT0S")));
    refused(422, "value-invalid", () -> owner(path, key("[\"viewer\"]", "P367D")));
    refused(404, "not-found", () -> as(ownerKey()).delete(path + "/nobody00"));
  }

  /// What the request gets, after which the database is what it was.
  private static Problem refused(int status, String slug, Supplier<Response> request) {
    var before = rows();
    var problem = problem(request.get(), status);
    assertThat(problem.slug()).as(problem.toString()).isEqualTo(slug);
    assertThat(rows()).isEqualTo(before);
    return problem;
  }

  private static String rows() {
    try (var connection =
            DriverManager.getConnection(
                Suite.STACK.jdbcUrl(), Suite.STACK.user(), Suite.STACK.password());
        var statement = connection.createStatement();
        var answer =
            statement.executeQuery(
                """
                select (select coalesce(max(id), 0) from rollout.outbox),
                       (select count(*) from rollout.app), (select count(*) from rollout.channel),
                       (select coalesce(max(epoch), 0) from rollout.channel),
                       (select count(*) from rollout.rollout),
                       (select count(*) from rollout.rollout_event),
                       (select count(*) from rollout.access_key)
                """)) {
      answer.next();
      var rows = new StringBuilder();
      for (int i = 1; i <= 7; i++) rows.append(answer.getLong(i)).append(' ');
      return rows.toString();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static Response owner(String path, String body) {
    return as(ownerKey()).body(body).post(path);
  }

  private static String stage(String exposure) {
    return "{\"exposure\":\"" + exposure + "\",\"hold\":\"PT0S\",\"gate\":\"time\"}";
  }

  private static String app(String id, String certificate) {
    return "{\"app_id\":\"%s\",\"publisher_certificate\":\"%s\",\"key_ids\":[]}"
        .formatted(id, certificate);
  }

  private static String key(String roles, String life) {
    return "{\"name\":\"k\",\"roles\":%s,\"expires_in\":\"%s\"}".formatted(roles, life);
  }

  private static String rollouts(AppId app) {
    return "/v1/apps/" + app + "/rollouts/";
  }

  private static String path(RolloutView rollout) {
    return rollouts(rollout.appId()) + rollout.rolloutId();
  }
}
