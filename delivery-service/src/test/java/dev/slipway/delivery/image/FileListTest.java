package dev.slipway.delivery.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.contracts.topic.State;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.decide.Plugin;
import dev.slipway.kit.topic.StateView.Change;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileListTest {

  private static final AppId APP = AppId.of("com.demo.app");
  private static final OfferWriter OFFERS = new OfferWriter(URI.create("https://ota.example.com"));
  private static final Plugin PLUGIN = new Plugin(SemVer.of(8, 51, 23));
  private static final String DOCUMENT =
      "[{\"file_name\":\"index.html\",\"file_hash\":\"aa\",\"id\":\"%s\",\"size\":12},"
              .formatted(Samples.digest("index"))
          + "{\"file_name\":\"assets/app.js.br\",\"file_hash\":\"bb\",\"id\":\"%s\",\"size\":34}]"
              .formatted(Samples.digest("app"));

  private final LiveImage live = new LiveImage(OFFERS, Clock.systemUTC(), 1 << 20);
  private final List<Digest> asked = new ArrayList<>();

  @Test
  void isAskedForWhenSomethingIsOfferedWithItAndIsThenInTheOffer() throws Exception {
    // Given
    live.readFilesWith((_, list) -> asked.add(list));
    byte[] document = DOCUMENT.getBytes(StandardCharsets.UTF_8);
    var list = Digest.sha256(document);
    live.apps(changes(Samples.openApp(APP.text()), APP.text()));
    live.bundles(changes(bundle("1.0.1", list), APP + "/1.0.1"));
    assertThat(asked).isEmpty();

    // When
    live.channels(
        changes(Samples.channel(APP.text(), "production", 1, "1.0.1"), APP + "/production"));

    // Then
    assertThat(asked).containsExactly(list);
    assertThat(offer("1.0.1").has("manifest")).isFalse();

    // When
    live.filesRead(APP, list, document);

    // Then
    var manifest = offer("1.0.1").path("manifest");
    assertThat(manifest).hasSize(2);
    assertThat(manifest.path(1).path("file_name").asText()).isEqualTo("assets/app.js.br");
    assertThat(manifest.path(1).path("file_hash").asText()).isEqualTo("bb");
    assertThat(manifest.path(1).path("download_url").asText())
        .isEqualTo("https://ota.example.com/v1/apps/com.demo.app/blobs/" + Samples.digest("app"));
    assertThat(live.files(APP, list).sizes()).containsEntry("index.html", 12L);
    assertThat(live.fileBytes()).isPositive();

    // When nothing is offered with it any more
    live.channels(
        changes(Samples.channel(APP.text(), "production", 2, "builtin"), APP + "/production"));

    // Then
    assertThat(live.fileBytes()).isZero();
    assertThat(live.files(APP, list)).isNull();
    assertThat(offer("1.0.1").has("manifest")).isFalse();
  }

  @Test
  void doesNotTakeMoreMemoryThanThereIs() {
    var small = new LiveImage(OFFERS, Clock.systemUTC(), 100);
    byte[] document = DOCUMENT.getBytes(StandardCharsets.UTF_8);
    var list = Digest.sha256(document);
    small.bundles(changes(bundle("1.0.1", list), APP + "/1.0.1"));
    small.channels(
        changes(Samples.channel(APP.text(), "production", 1, "1.0.1"), APP + "/production"));

    small.filesRead(APP, list, document);

    assertThat(small.files(APP, list)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "[1]",
        "[{\"file_name\":\"a\"}]",
        "[{\"file_name\":\"a\",\"file_hash\":\"b\",\"id\":\"x\",\"size\":1}]",
        "[{\"file_name\":1,\"file_hash\":\"b\",\"id\":\"x\",\"size\":1}]",
        "[{\"file_name\":\"a\",\"file_hash\":\"b\",\"id\":\"x\",\"size\":1}",
      })
  void isNotReadFromAnythingElse(String document) {
    assertThatThrownBy(() -> FileList.read(APP, document.getBytes(StandardCharsets.UTF_8), OFFERS))
        .isInstanceOf(IOException.class);
  }

  private JsonNode offer(String version) throws Exception {
    var app = live.current().app(APP).orElseThrow();
    ByteBuffer answer =
        app.bundles().get(dev.slipway.contracts.Version.of(version)).offer(PLUGIN, false);
    byte[] bytes = new byte[answer.remaining()];
    answer.duplicate().get(bytes);
    return Json.LENIENT.readTree(bytes);
  }

  private static BundleState bundle(String version, Digest list) {
    var capgo =
        new BundleState.Capgo(Scheme.PLAIN, Samples.digest("zip"), 10, "", "00", null, list);
    return Samples.bundle(APP.text(), version, capgo, BundleState.Compat.ANY, null);
  }

  private static <T extends State> List<Change<T>> changes(T state, String key) {
    return List.of(new Change<>(key, state));
  }
}
