package dev.slipway.delivery.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelRules.Barrier;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.delivery.report.Arrival;
import java.net.URI;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Devices that put themselves on a channel.
class ChannelOfItsOwnTest {

  private static final String APP = "com.demo.app";
  private static final String DEVICE = "00009a6b-eefe-490a-9c60-8e965132ae51";
  private static final String OLD = "7.33.9";
  private static final String NEW = "8.51.23";

  private RoutesOnImage routes;

  @BeforeEach
  void start() throws Exception {
    routes = new RoutesOnImage(4);
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.app(APP));
    delta.replay(Samples.bundle(APP, "1.0.1"));
    delta.replay(Samples.bundle(APP, "1.1.0"));
    delta.replay(Samples.channel(APP, "production", 1, "1.0.1"));
    delta.replay(
        Samples.channel(APP, "beta", 1, "1.1.0", null, Set.of(), Set.of(), rules(false, true)));
    delta.replay(
        Samples.channel(APP, "staff", 1, "1.1.0", null, Set.of(), Set.of(), rules(false, false)));
    routes.image = Optional.of(delta.apply());
  }

  @AfterEach
  void stop() throws Exception {
    routes.close();
  }

  @Test
  void anOlderPluginsChoiceIsKeptHere() throws Exception {
    // When
    var set = call("POST", OLD, "beta");

    // Then
    assertThat(set).isEqualTo(json("{\"status\":\"ok\"}"));
    assertThat(call("PUT", OLD, null))
        .isEqualTo(json("{\"channel\":\"beta\",\"status\":\"override\",\"allowSet\":true}"));
    assertThat(check(OLD)).isEqualTo("1.1.0");
    assertThat(routes.ring.size()).isEqualTo(1);
    // The same again says nothing new
    assertThat(call("POST", OLD, "beta")).isEqualTo(json("{\"status\":\"ok\"}"));
    assertThat(routes.ring.size()).isEqualTo(1);

    // When it is taken back
    assertThat(delete(OLD)).isEqualTo(json("{\"status\":\"ok\"}"));
    // Then
    assertThat(call("PUT", OLD, null).path("status").asText()).isEqualTo("default");
    assertThat(check(OLD)).isEqualTo("1.0.1");
    assertThat(delete(OLD).path("error").asText()).isEqualTo("cannot_override");

    // When it goes back to the default instead
    call("POST", OLD, "beta");
    call("POST", OLD, "production");
    // Then
    assertThat(check(OLD)).isEqualTo("1.0.1");
    assertThat(delete(OLD).path("error").asText()).isEqualTo("cannot_override");
  }

  @Test
  void aNewerPluginKeepsItsChoiceItself() throws Exception {
    assertThat(call("POST", NEW, "beta")).isEqualTo(json("{\"status\":\"ok\",\"allowSet\":true}"));
    assertThat(routes.ring.size()).isZero();
    assertThat(check(NEW)).isEqualTo("1.0.1");
    assertThat(delete(NEW)).isEqualTo(json("{\"status\":\"ok\"}"));
  }

  @Test
  void aChannelMayRefuseAndAnOperatorsWordStands() throws Exception {
    assertThat(call("POST", OLD, "staff").path("error").asText())
        .isEqualTo("channel_self_set_not_allowed");
    assertThat(call("POST", OLD, "nowhere").path("error").asText()).isEqualTo("channel_not_found");
    routes.devices.override(
        new DeviceOverride(
            AppId.of(APP), DeviceId.of(DEVICE), ChannelName.of("staff"), 1, Samples.NOW));
    assertThat(call("POST", OLD, "beta").path("error").asText()).isEqualTo("override_not_allowed");
    assertThat(call("PUT", OLD, null).path("channel").asText()).isEqualTo("staff");
    assertThat(check(OLD)).isEqualTo("1.1.0");
    assertThat(check(NEW)).isEqualTo("1.1.0");
  }

  @Test
  void saysSoWhenAChoiceCannotBeKept() throws Exception {
    // Given a ring that is full, because Kafka is away
    for (int i = 0; i < 4; i++) {
      var chosen = new Arrival.Chosen(AppId.of(APP), DeviceId.of(DEVICE), null, 1, Samples.NOW);
      routes.ring.offer(chosen);
    }

    // When
    var answer = routes.send("POST", "/channel_self", body(OLD, "beta"));

    // Then
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    assertThat(check(OLD)).isEqualTo("1.0.1");
  }

  private String check(String plugin) throws Exception {
    var answer = routes.send("POST", "/updates", body(plugin, null));
    return json(answer.body()).path("version").asText();
  }

  private JsonNode call(String method, String plugin, String channel) throws Exception {
    return json(routes.send(method, "/channel_self", body(plugin, channel)).body());
  }

  private JsonNode delete(String plugin) throws Exception {
    var query =
        "?platform=android&device_id=%s&app_id=%s&version_build=1.0.0&version_name=1.0.0&plugin_version=%s&is_emulator=false&is_prod=true"
            .formatted(DEVICE, APP, plugin);
    return json(routes.send("DELETE", "/channel_self" + query, new byte[0]).body());
  }

  private static byte[] body(String plugin, String channel) throws Exception {
    var body =
        Json.LENIENT
            .createObjectNode()
            .put("platform", "android")
            .put("device_id", DEVICE)
            .put("app_id", APP)
            .put("version_build", "1.0.0")
            .put("version_name", "1.0.0")
            .put("plugin_version", plugin)
            .put("is_emulator", false)
            .put("is_prod", true)
            .put("key_id", Samples.KEY_ID);
    if (plugin.equals(OLD)) body.put("custom_id", "");
    if (channel != null) body.put("channel", channel);
    return Json.LENIENT.writeValueAsBytes(body);
  }

  private static ChannelRules rules(boolean open, boolean selfAssign) {
    return new ChannelRules(
        open, selfAssign, true, true, true, true, true, true, true, Barrier.NONE, false);
  }

  private static JsonNode json(String text) throws Exception {
    return Json.LENIENT.readTree(text);
  }
}
