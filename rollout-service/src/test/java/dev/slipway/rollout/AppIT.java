package dev.slipway.rollout;

import static dev.slipway.rollout.Suite.KEYS;
import static dev.slipway.rollout.Suite.application;
import static dev.slipway.rollout.Suite.as;
import static dev.slipway.rollout.Suite.channel;
import static dev.slipway.rollout.Suite.channelPath;
import static dev.slipway.rollout.Suite.get;
import static dev.slipway.rollout.Suite.json;
import static dev.slipway.rollout.Suite.keyFor;
import static dev.slipway.rollout.Suite.newAppId;
import static dev.slipway.rollout.Suite.ownerKey;
import static dev.slipway.rollout.Suite.post;
import static dev.slipway.rollout.Suite.problem;
import static dev.slipway.rollout.Suite.read;
import static dev.slipway.rollout.Suite.records;
import static dev.slipway.rollout.Suite.registeredApp;
import static dev.slipway.rollout.Suite.states;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.access.AccessKeyView;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.app.NewApp;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.testkit.StackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Apps, their channels' rules, and access keys.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class AppIT {

  private static final Duration SOON = Duration.ofSeconds(20);

  @Test
  void anAppIsRegisteredWithItsFirstChannel() {
    // Given
    var app = newAppId();

    // When
    var created = post("/v1/apps", application(app));

    // Then
    assertThat(created.statusCode()).isEqualTo(201);
    assertThat(created.header("Location")).endsWith("/v1/apps/" + app);
    var state = read(created, AppState.class);
    assertThat(state.publisherId()).isEqualTo(KEYS.publisherId());
    assertThat(state.publisherLeaf()).isEqualTo(KEYS.certificate().fingerprint());
    assertThat(read(get("/v1/apps/" + app), AppState.class)).isEqualTo(state);
    await().atMost(SOON).untilAsserted(() -> assertThat(states(app)).hasSize(1));
    assertThat(states(app).getFirst().baseline()).isEqualTo(Version.BUILTIN);
    assertThat(states(app).getFirst().rules()).isEqualTo(ChannelRules.DEFAULT);
    assertThat(records(Topics.APPS, app.text()))
        .singleElement()
        .satisfies(it -> assertThat(Message.read(Topics.APPS, it.value())).isEqualTo(state));
    var again = post("/v1/apps", application(app));
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(read(again, AppState.class)).isEqualTo(state);
    var other =
        new NewApp(app, "Another name", Suite.certificate(), List.of("kid1"), Suite.PRODUCTION);
    assertThat(problem(post("/v1/apps", other), 409).slug()).isEqualTo("app-exists");
    var shouting = AppId.of(app.text().toUpperCase(Locale.ROOT));
    assertThat(problem(post("/v1/apps", application(shouting)), 409).slug())
        .isEqualTo("id-confusable");
  }

  @Test
  void appsAreListedInPages() {
    var first = registeredApp();
    var second = registeredApp();
    var both = List.of(first.text(), second.text()).stream().sorted().toList();
    var scoped = keyFor(Set.of(Role.VIEWER), Set.of(first));

    var page = get("/v1/apps?limit=1&after=" + before(both.getFirst()));
    assertThat(page.<List<String>>path("items.app_id")).containsExactly(both.getFirst());
    assertThat(page.<String>path("next")).isEqualTo(both.getFirst());
    assertThat(get("/v1/apps?limit=500").<List<String>>path("items.app_id")).containsAll(both);
    assertThat(as(scoped).get("/v1/apps?limit=500").<List<String>>path("items.app_id"))
        .containsExactly(first.text());
  }

  @Test
  void aChannelIsOpenedAndItsRulesChanged() {
    // Given
    var app = registeredApp();
    var before = channel(app);
    var shut =
        new ChannelRules(
            false,
            true,
            true,
            false,
            true,
            true,
            true,
            true,
            true,
            ChannelRules.Barrier.NONE,
            false);

    // When
    var changed = as(ownerKey()).body(json(shut)).put(channelPath(app));
    var opened = as(ownerKey()).body(json(shut)).put("/v1/apps/" + app + "/channels/beta");

    // Then
    assertThat(changed.statusCode()).isEqualTo(200);
    assertThat(read(changed, ChannelView.class).rules()).isEqualTo(shut);
    assertThat(read(changed, ChannelView.class).epoch()).isGreaterThan(before.epoch());
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(states(app).getLast().rules()).isEqualTo(shut));
    assertThat(read(opened, ChannelView.class).baseline()).isEqualTo(Version.BUILTIN);
    assertThat(get("/v1/apps/" + app + "/channels").<List<String>>path("items.channel"))
        .containsExactly("beta", "production");
    var again = read(as(ownerKey()).body(json(shut)).put(channelPath(app)), ChannelView.class);
    assertThat(again.epoch()).isEqualTo(read(changed, ChannelView.class).epoch());
  }

  @Test
  void aKeyIsShownOnceAndEndsWhenItIsRevoked() {
    // Given
    var text = keyFor(Set.of(Role.VIEWER), null);
    var id = text.split("_")[2];

    // When
    assertThat(as(text).get("/v1/apps").statusCode()).isEqualTo(200);
    var listed = get("/v1/access-keys?limit=500");
    var revoked = as(ownerKey()).delete("/v1/access-keys/" + id);

    // Then
    assertThat(listed.<List<String>>path("items.key_id")).contains(id);
    assertThat(listed.asString()).doesNotContain(text.split("_", 4)[3], "digest");
    assertThat(revoked.statusCode()).isEqualTo(204);
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(as(text).get("/v1/apps").statusCode()).isEqualTo(401));
    assertThat(get("/v1/access-keys?limit=500").<List<String>>path("items.key_id"))
        .doesNotContain(id);
    assertThat(records(Topics.ACCESS_KEYS, id).getLast().value()).isNull();
    assertThat(new AccessKeyView(id, "n", Set.of(), Set.of(), null, null, null, null, text).toString())
        .doesNotContain(text);
  }

  @Test
  void theFirstKeyIsForItsOwnersEyes() throws IOException {
    var permissions = Files.getPosixFilePermissions(Path.of("target/first-key"));
    assertThat(PosixFilePermissions.toString(permissions)).isEqualTo("rw-------");
    assertThat(ownerKey()).matches("slipway_local_[a-z0-9]{8}_[A-Za-z0-9_-]{43}");
  }

  @Test
  void healthMetricsAndTheDocumentAreOpen() {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(given().get("/q/health/ready").statusCode()).isEqualTo(200));
    assertThat(given().get("/q/health/live").statusCode()).isEqualTo(200);
    assertThat(given().get("/q/metrics").asString())
        .contains("slipway_outbox_pending", "slipway_edges_live", "slipway_view_entries");
    assertThat(given().get("/q/openapi").asString())
        .contains("/v1/apps/{app}/rollouts/{id}/rollback", "publisher_certificate")
        .doesNotContain("salt");
  }

  private static String before(String id) {
    return id.substring(0, id.length() - 1) + (char) (id.charAt(id.length() - 1) - 1) + "~";
  }
}
