package dev.slipway.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Each role at each endpoint. The endpoints come from the service's own document: one without a
/// row here fails.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class RolesIT {

  /// Who but an owner may. `all`: every role, because a publisher sees what it published. A star:
  /// only with a key to all apps.
  private static final String TABLE =
      """
      HEAD /v1/apps/{app}/blobs/{id}                        publisher,releaser
      PUT  /v1/apps/{app}/blobs/{id}                        publisher,releaser
      GET  /v1/apps/{app}/bundles                           all
      POST /v1/apps/{app}/bundles                           publisher,releaser
      GET  /v1/apps/{app}/bundles/{version}                 all
      POST /v1/apps/{app}/bundles/{version}/withdraw        releaser
      HEAD /v1/apps/{app}/capgo/{id}                        publisher,releaser
      PUT  /v1/apps/{app}/capgo/{id}                        publisher,releaser
      POST /v1/apps/{app}/capgo-bundles                     publisher,releaser
      POST /v1/apps/{app}/air-packages                      publisher,releaser
      GET  /v1/apps/{app}/certificates                      all
      POST /v1/apps/{app}/certificates                      certificate_officer
      POST /v1/apps/{app}/certificates/{sha256}/revoke      certificate_officer
      GET  /v1/apps/{app}/refusals                          auditor
      GET  /v1/refusals                                     auditor*
      GET  /v1/apps/{app}/unlocks                           releaser,certificate_officer,support,auditor,viewer
      POST /v1/apps/{app}/unlocks                           certificate_officer
      POST /v1/apps/{app}/unlocks/{id}/approve              certificate_officer
      """;

  private record Row(String method, String path, Set<Role> roles, boolean everywhere) {

    static Row of(String line) {
      var cells = line.strip().split(" +");
      boolean everywhere = cells[2].endsWith("*");
      var words = everywhere ? cells[2].substring(0, cells[2].length() - 1) : cells[2];
      var roles = new TreeSet<>(Set.of(Role.OWNER));
      if (words.equals("all")) roles.addAll(Set.of(Role.values()));
      else {
        for (var word : words.split(",")) roles.add(Role.valueOf(word.toUpperCase(Locale.ROOT)));
      }
      return new Row(cells[0], cells[1], roles, everywhere);
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  private final HttpClient client = HttpClient.newHttpClient();
  private final Endpoints endpoints = Stack.shared();

  @TestHTTPResource("/")
  URI base;

  private static List<Row> rows() {
    return TABLE.lines().map(Row::of).toList();
  }

  @Test
  void theTableHasEveryEndpointOfTheDocument() throws Exception {
    var request = HttpRequest.newBuilder(base.resolve("/q/openapi?format=json")).build();
    var paths =
        new ObjectMapper()
            .readTree(client.send(request, BodyHandlers.ofString()).body())
            .get("paths");
    var endpoints = new TreeSet<String>();
    paths
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method -> {
                          if (method.equals("parameters")) return;
                          endpoints.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
                        }));
    assertThat(endpoints)
        .containsExactlyInAnyOrderElementsOf(rows().stream().map(Row::toString).toList());
  }

  @Test
  void eachRoleAtEachEndpoint() throws Exception {
    // Given
    var app = Publisher.registered("com.example.roles", endpoints).app();
    var faults = new ArrayList<String>();

    // When
    for (var role : Role.values()) {
      var ofAll = Publisher.accessKey(endpoints, Set.of(role), Set.of());
      var ofApp = Publisher.accessKey(endpoints, Set.of(role), Set.of(app));
      for (var row : rows()) {
        boolean may = row.roles().contains(role);
        check(row, role + " of the app", ask(row, ofApp, app), may && !row.everywhere(), faults);
        if (row.everywhere()) check(row, role + " of all apps", ask(row, ofAll, app), may, faults);
      }
    }

    // Then
    assertThat(faults).isEmpty();
  }

  @Test
  void aForeignAppIsNotFoundAndAStrangerKnowsNothing() throws Exception {
    // Given
    var app = Publisher.registered("com.example.roles.mine", endpoints).app();
    var others = AppId.of("com.example.roles.theirs");
    var foreign = Publisher.accessKey(endpoints, Set.of(Role.OWNER), Set.of(others));
    var stranger = "slipway_test_aaaaaaaa_" + "a".repeat(43);

    // When, Then
    for (var row : rows()) {
      assertThat(ask(row, foreign, app).statusCode())
          .as(row.toString())
          .isEqualTo(row.everywhere() ? 403 : 404);
      assertThat(ask(row, stranger, app).statusCode()).as(row.toString()).isEqualTo(401);
    }
  }

  @Test
  void anAuditorReadsWhatWasRefused() throws Exception {
    // Given
    var app = Publisher.registered("com.example.roles.refused", endpoints).app();
    var publisher = Publisher.accessKey(endpoints, Set.of(Role.PUBLISHER), Set.of(app));
    var auditor = Publisher.accessKey(endpoints, Set.of(Role.AUDITOR), Set.of());
    var bundles = Row.of("POST /v1/apps/{app}/bundles publisher");

    // When
    var refused = ask(bundles, publisher, app);
    ask(bundles, publisher, app);

    // Then
    assertThat(refused.statusCode()).isEqualTo(400);
    var first = get("/v1/apps/" + app + "/refusals?limit=1", auditor);
    assertThat(first.path("items")).hasSize(1);
    assertThat(first.path("items").path(0).path("slug").asText()).isEqualTo("json-invalid");
    var second = get("/v1/apps/" + app + "/refusals?after=" + first.path("next").asText(), auditor);
    assertThat(second.path("items")).hasSize(1);
    assertThat(second.path("next").isNull() || second.path("next").isMissingNode()).isTrue();
    assertThat(get("/v1/refusals", auditor).path("items")).isNotEmpty();
  }

  private JsonNode get(String path, String key) throws Exception {
    var request =
        HttpRequest.newBuilder(base.resolve(path)).header("Authorization", "Bearer " + key).build();
    var answer = client.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body());
  }

  private static void check(
      Row row, String who, HttpResponse<String> answer, boolean may, List<String> faults) {
    int status = answer.statusCode();
    boolean refused = status == 401 || status == 403;
    if (refused == may || status >= 500) {
      faults.add("%s by %s: %d %s".formatted(row, who, status, answer.body()));
    }
  }

  /// Without a body: who may is told that it is wrong, who may not is told that.
  private HttpResponse<String> ask(Row row, String key, AppId app) throws Exception {
    var digest = Digest.sha256("nothing".getBytes(StandardCharsets.UTF_8)).text();
    var path =
        row.path()
            .replace("{app}", app.text())
            .replace("{version}", "9.9.9")
            .replace("{sha256}", digest)
            .replace(
                "{id}",
                row.path().contains("/unlocks/") ? "22222222-2222-2222-2222-222222222222" : digest);
    var request =
        HttpRequest.newBuilder(base.resolve(path))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .method(row.method(), BodyPublishers.noBody())
            .build();
    return client.send(request, BodyHandlers.ofString());
  }
}
