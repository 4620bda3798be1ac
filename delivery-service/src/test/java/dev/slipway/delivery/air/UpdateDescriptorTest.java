package dev.slipway.delivery.air;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.air.UpdateDescriptor.Namespace;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UpdateDescriptorTest {

  private static final URI URL = URI.create("https://updates.example.com/a.air?x=1&y=2");
  private static final BundleState VERSION = Samples.bundle("com.demo.a", "1.0.657");

  @Test
  void aDescriptorOfToday() {
    var air =
        new BundleState.Air(
            "2.5", "One & only", Map.of("en", "Tides <in> feet", "fr", "Marées"), null);
    assertThat(text(air, Namespace.V2_5))
        .isEqualTo(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                + "<update xmlns=\"http://ns.adobe.com/air/framework/update/description/2.5\">"
                + "<versionNumber>1.0.657</versionNumber><versionLabel>One &amp; only</versionLabel>"
                + "<url>https://updates.example.com/a.air?x=1&amp;y=2</url>"
                + "<description><text xml:lang=\"en\">Tides &lt;in&gt; feet</text>"
                + "<text xml:lang=\"fr\">Marées</text></description></update>");
  }

  @Test
  void aDescriptorForOldFrameworks() {
    var air = new BundleState.Air("1.0", "not in this namespace", Map.of("", "Repairs"), null);
    assertThat(text(air, Namespace.V1_0))
        .isEqualTo(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                + "<update xmlns=\"http://ns.adobe.com/air/framework/update/description/1.0\">"
                + "<version>1.0.657</version><url>https://updates.example.com/a.air?x=1&amp;y=2</url>"
                + "<description>Repairs</description></update>");
  }

  @Test
  void textsForEverybodyGiveWayToTextsByLanguage() {
    var air = new BundleState.Air("2.5", null, Map.of("", "Repairs", "fr", "Réparations"), null);
    assertThat(text(air, Namespace.V2_5))
        .contains("<description><text xml:lang=\"fr\">Réparations</text></description>")
        .doesNotContain("Repairs", "versionLabel");
  }

  private static String text(BundleState.Air air, Namespace namespace) {
    return new String(UpdateDescriptor.of(VERSION, air, namespace, URL), StandardCharsets.UTF_8);
  }
}
