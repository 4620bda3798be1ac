package dev.slipway.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceTest {

  private final List<String> actions = new ArrayList<>();
  private Device device = Device.fresh(Plugin.NEWEST, "1.0.0");

  @Test
  void a_failed_version_gives_way_to_the_last_good_bundle() {
    // Given
    runs("1.1.0");
    stage("1.2.0");
    feed(new Input.Backgrounded());
    actions.clear();

    // When
    feed(new Input.ReadyTimeRanOut());

    // Then
    assertThat(device.current()).isEqualTo(new Release.Bundle("1.1.0"));
    assertThat(device.stored()).containsExactly("1.1.0");
    assertThat(actions).startsWith("update_fail 1.2.0", "set 1.1.0").contains("delete 1.2.0");
  }

  @Test
  void an_older_plugin_is_reset_first_and_then_set_to_the_last_good_bundle() {
    // Given
    device = Device.fresh(Plugin.SINGLE_8, "1.0.0");
    runs("1.1.0");
    stage("1.2.0");
    feed(new Input.Backgrounded());
    actions.clear();

    // When
    feed(new Input.ReadyTimeRanOut());

    // Then
    assertThat(device.current()).isEqualTo(new Release.Bundle("1.1.0"));
    assertThat(actions).containsExactly("update_fail 1.2.0", "reset builtin", "set 1.1.0");
  }

  @Test
  void installs_an_older_version_when_told_so() {
    // Given
    runs("1.1.0");
    runs("1.2.0");

    // When
    runs("1.1.0");

    // Then
    assertThat(device.current()).isEqualTo(new Release.Bundle("1.1.0"));
    assertThat(device.fallback()).isEqualTo(new Release.Bundle("1.1.0"));
  }

  @Test
  void goes_back_to_the_store_build_when_told_so() {
    // Given
    runs("1.1.0");
    actions.clear();

    // When
    feed(new Input.Answered(new Answer.ToBuiltin()));
    feed(new Input.Backgrounded());

    // Then
    assertThat(device.current()).isEqualTo(Release.BUILTIN);
    assertThat(actions).containsExactly("app_moved_to_background 1.1.0", "reset 1.0.0");
  }

  @Test
  void a_version_that_was_offered_again_while_it_is_coming_is_fetched_once() {
    // Given
    feed(new Input.Launched());
    feed(new Input.Answered(new Answer.Install(offer("1.1.0"))));
    actions.clear();

    // When
    feed(new Input.Answered(new Answer.Install(offer("1.1.0"))));

    // Then
    assertThat(actions).isEmpty();
  }

  @Test
  void the_running_version_is_not_fetched() {
    // Given
    runs("1.1.0");
    actions.clear();

    // When
    feed(new Input.Answered(new Answer.Install(offer("1.1.0"))));

    // Then
    assertThat(actions).isEmpty();
  }

  @Test
  void becoming_ready_a_second_time_says_nothing() {
    // Given
    runs("1.1.0");
    feed(new Input.Launched());
    feed(new Input.BecameReady());
    actions.clear();

    // When
    feed(new Input.BecameReady());

    // Then
    assertThat(actions).isEmpty();
  }

  private void runs(String version) {
    stage(version);
    feed(new Input.Backgrounded());
    feed(new Input.BecameReady());
  }

  private void stage(String version) {
    var offer = offer(version);
    feed(new Input.Launched());
    feed(new Input.BecameReady());
    feed(new Input.Answered(new Answer.Install(offer)));
    feed(new Input.Transferred(offer));
    feed(new Input.Unpacked(offer));
  }

  private static Offer offer(String version) {
    return new Offer(version, URI.create("http://127.0.0.1/" + version), "", "");
  }

  private void feed(Input input) {
    var step = device.on(input);
    device = step.device();
    for (Effect effect : step.effects()) {
      if (effect instanceof Effect.Say(var report)) {
        actions.add(report.action() + " " + report.versionName());
      }
    }
  }
}
