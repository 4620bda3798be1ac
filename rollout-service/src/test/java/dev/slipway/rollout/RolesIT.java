package dev.slipway.rollout;

import static dev.slipway.rollout.Suite.as;
import static dev.slipway.rollout.Suite.get;
import static dev.slipway.rollout.Suite.keyFor;
import static dev.slipway.rollout.Suite.ownerKey;
import static dev.slipway.rollout.Suite.post;
import static dev.slipway.rollout.Suite.registeredApp;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.NewAccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.testkit.StackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Each role at each endpoint. The endpoints come from the service's own document: one without a
/// row here fails.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class RolesIT {

  /// Who but an owner may: `look` is everybody but publishers. A star: only with a key to all apps.
  private static final String TABLE =
      """
      GET    /v1/access-keys                                        owner
      POST   /v1/access-keys                                        owner
      DELETE /v1/access-keys/{id}                                   owner
      POST   /v1/access-keys/{id}/rotate                            owner
      GET    /v1/apps                                               look
      POST   /v1/apps                                               owner
      GET    /v1/apps/{app}                                         look
      PATCH  /v1/apps/{app}                                         owner
      DELETE /v1/apps/{app}                                         owner
      POST   /v1/apps/{app}/undelete                                owner
      POST   /v1/apps/{app}/enrolment-token                         owner
      DELETE /v1/apps/{app}/enrolment-token                         owner
      GET    /v1/apps/{app}/channels                                look
      GET    /v1/apps/{app}/channels/{channel}                      look
      PUT    /v1/apps/{app}/channels/{channel}                      releaser
      DELETE /v1/apps/{app}/channels/{channel}                      releaser
      POST   /v1/apps/{app}/channels/{channel}/drafts               releaser
      GET    /v1/apps/{app}/channels/{channel}/events               look
      POST   /v1/apps/{app}/channels/{channel}/retry-from           releaser
      POST   /v1/apps/{app}/channels/{channel}/rollouts             releaser
      POST   /v1/apps/{app}/channels/{channel}/rollouts/preview     look
      GET    /v1/apps/{app}/delegations                             look,publisher
      POST   /v1/apps/{app}/delegations                             releaser,publisher,certificate_officer
      GET    /v1/apps/{app}/delegations/{id}                        look,publisher
      DELETE /v1/apps/{app}/delegations/{id}                        releaser,publisher,certificate_officer
      DELETE /v1/apps/{app}/devices/{device}                        releaser,support
      POST   /v1/apps/{app}/halt                                    releaser
      GET    /v1/apps/{app}/overrides                               look
      GET    /v1/apps/{app}/overrides/{device}                      look
      PUT    /v1/apps/{app}/overrides/{device}                      releaser,support
      DELETE /v1/apps/{app}/overrides/{device}                      releaser,support
      POST   /v1/apps/{app}/quarantine                              releaser
      GET    /v1/apps/{app}/rollouts                                look
      GET    /v1/apps/{app}/rollouts/{id}                           look
      POST   /v1/apps/{app}/rollouts/{id}/advance                   releaser
      POST   /v1/apps/{app}/rollouts/{id}/approve                   releaser
      POST   /v1/apps/{app}/rollouts/{id}/cancel                    releaser
      POST   /v1/apps/{app}/rollouts/{id}/complete                  releaser
      POST   /v1/apps/{app}/rollouts/{id}/pause                     releaser
      POST   /v1/apps/{app}/rollouts/{id}/reject                    releaser
      POST   /v1/apps/{app}/rollouts/{id}/resume                    releaser
      POST   /v1/apps/{app}/rollouts/{id}/rollback                  releaser
      POST   /v1/apps/{app}/rollouts/{id}/schedule                  releaser
      POST   /v1/apps/{app}/rollouts/{id}/start                     releaser
      POST   /v1/apps/{app}/rollouts/{id}/submit                    releaser
      GET    /v1/apps/{app}/statements                              look,publisher
      GET    /v1/audit                                              auditor
      GET    /v1/audit/checkpoint                                   auditor*
      POST   /v1/audit/checkpoint                                   auditor*
      GET    /v1/audit/verification                                 auditor*
      POST   /v1/halt                                               releaser*
      GET    /v1/release-keys                                       look,publisher
      POST   /v1/release-keys                                       owner*
      POST   /v1/republish                                          owner*
      GET    /v1/webhooks                                           releaser
      POST   /v1/webhooks                                           owner
      GET    /v1/webhooks/{id}                                      releaser
      DELETE /v1/webhooks/{id}                                      owner
      GET    /v1/webhooks/{id}/deliveries                           releaser
      POST   /v1/webhooks/{id}/deliveries/{message}/replay          releaser
      POST   /v1/webhooks/{id}/disable                              owner
      POST   /v1/webhooks/{id}/enable                               owner
      POST   /v1/webhooks/{id}/rotate-secret                        owner
      POST   /v1/webhooks/{id}/test                                 releaser
      """;

  private record Row(String method, String path, Set<Role> roles, boolean everywhere) {

    static Row of(String line) {
      var cells = line.strip().split(" +");
      boolean everywhere = cells[2].endsWith("*");
      var words = everywhere ? cells[2].substring(0, cells[2].length() - 1) : cells[2];
      var roles = new TreeSet<>(Set.of(Role.OWNER));
      for (var word : words.split(",")) {
        if (word.equals("look")) {
          var lookers = new TreeSet<>(Set.of(Role.values()));
          lookers.remove(Role.PUBLISHER);
          roles.addAll(lookers);
        } else {
          roles.add(Role.valueOf(word.toUpperCase(Locale.ROOT)));
        }
      }
      return new Row(cells[0], cells[1], roles, everywhere);
    }

    boolean isAboutOneApp() {
      return path.contains("{app}");
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  private static List<Row> rows() {
    return TABLE.lines().map(Row::of).toList();
  }

  @Test
  void theTableHasEveryEndpointOfTheDocument() {
    // Given
    var document = given().get("/q/openapi?format=json");
    Map<String, Map<String, Map<String, Object>>> paths = document.path("paths");

    // When
    var endpoints = new TreeMap<String, Map<String, Object>>();
    paths.forEach(
        (path, operations) ->
            operations.forEach(
                (method, operation) ->
                    endpoints.put(method.toUpperCase(Locale.ROOT) + " " + path, operation)));

    // Then
    assertThat(endpoints.keySet())
        .containsExactlyInAnyOrderElementsOf(rows().stream().map(Row::toString).toList());
    assertThat(document.<Object>path("components.securitySchemes.access-key.scheme"))
        .isEqualTo("bearer");
    endpoints.forEach(
        (name, operation) -> {
          assertThat((String) operation.get("summary")).as(name).isNotNull().contains(" ");
          assertThat(((Map<?, ?>) operation.get("responses")).keySet())
              .as(name)
              .map(Object::toString)
              .contains("401", "403", "404", "422");
        });
  }

  @Test
  void eachRoleAtEachEndpoint() {
    // Given
    var app = registeredApp();
    var everywhere = new LinkedHashMap<Role, String>();
    var here = new LinkedHashMap<Role, String>();
    for (var role : Role.values()) {
      everywhere.put(role, keyFor(Set.of(role), null));
      here.put(role, keyFor(Set.of(role), Set.of(app)));
    }
    var faults = new ArrayList<String>();

    // When
    for (var row : rows()) {
      var hook = row.path().startsWith("/v1/webhooks/{id}") ? webhook(app) : "";
      for (var role : strictestFirst(row)) {
        boolean may = row.roles().contains(role);
        check(row, role + " of all apps", ask(row, everywhere.get(role), app, hook), may, faults);
        if (hook.isEmpty() || !may) {
          boolean mayHere = may && !row.everywhere();
          check(row, role + " of the app", ask(row, here.get(role), app, hook), mayHere, faults);
        }
      }
    }

    // Then
    assertThat(faults).isEmpty();
  }

  @Test
  void aForeignAppIsNotFoundWhateverTheRole() {
    // Given
    var app = registeredApp();
    var foreign = keyFor(Set.of(Role.OWNER, Role.RELEASER, Role.AUDITOR), Set.of(registeredApp()));
    var hook = webhook(app);

    // When, Then
    for (var row : rows()) {
      if (!row.isAboutOneApp() && !row.path().startsWith("/v1/webhooks/{id}")) continue;
      assertThat(ask(row, foreign, app, hook).statusCode()).as(row.toString()).isEqualTo(404);
    }
    assertThat(as(foreign).get("/v1/audit?app=" + app).statusCode()).isEqualTo(404);
    assertThat(as(foreign).get("/v1/apps").<List<String>>path("items.app_id"))
        .doesNotContain(app.text());
    assertThat(as(foreign).get("/v1/webhooks").<List<String>>path("items.id")).doesNotContain(hook);
    get("/v1/apps/" + app).then().statusCode(200);
  }

  @Test
  void anExpiredAndARevokedKeyOpenNothing() {
    // Given
    var app = registeredApp();
    var brief = new NewAccessKey("short", Set.of(Role.OWNER), Set.of(app), Duration.ofSeconds(1));
    String expired = post("/v1/access-keys", brief).then().statusCode(201).extract().path("text");
    var revoked = keyFor(Set.of(Role.OWNER), Set.of(app));
    as(ownerKey()).delete("/v1/access-keys/" + revoked.split("_")[2]).then().statusCode(204);
    var hook = webhook(app);

    // When
    for (var key : List.of(expired, revoked)) {
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> assertThat(as(key).get("/v1/apps/" + app).statusCode()).isEqualTo(401));
    }

    // Then
    for (var row : rows()) {
      for (var key : List.of(expired, revoked)) {
        assertThat(ask(row, key, app, hook).statusCode()).as(row.toString()).isEqualTo(401);
      }
    }
  }

  /// Who may comes last: they may take the thing away.
  private static List<Role> strictestFirst(Row row) {
    var roles = new ArrayList<>(Arrays.asList(Role.values()));
    roles.sort(java.util.Comparator.comparing(row.roles()::contains));
    return roles;
  }

  private static void check(
      Row row, String who, Response answer, boolean may, List<String> faults) {
    int status = answer.statusCode();
    boolean refused = status == 401 || status == 403;
    if (refused == may || status >= 500) {
      faults.add("%s by %s: %d %s".formatted(row, who, status, answer.asString()));
    }
  }

  /// Without a body: who may is told that it is missing, who may not is told that.
  private static Response ask(Row row, String key, AppId app, String hook) {
    var path =
        row.path()
            .replace("{app}", app.text())
            .replace("{channel}", "production")
            .replace("{device}", "11111111-1111-1111-1111-111111111111")
            .replace("{message}", "msg_none");
    path =
        path.startsWith("/v1/webhooks")
            ? path.replace("{id}", hook)
            : path.startsWith("/v1/access-keys")
                ? path.replace("{id}", "none0000")
                : path.replace("{id}", "22222222-2222-2222-2222-222222222222");
    return as(key).request(row.method(), path);
  }

  /// Nothing is delivered: its receiver does not listen.
  private static String webhook(AppId app) {
    return post(
            "/v1/webhooks",
            Map.of("url", "http://127.0.0.1:9/", "app_id", app, "events", Set.of("webhook")))
        .then()
        .statusCode(201)
        .extract()
        .path("id");
  }
}
