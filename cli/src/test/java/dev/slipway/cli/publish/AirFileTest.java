package dev.slipway.cli.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.cli.CommandFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AirFileTest {

  @TempDir Path folder;

  @Test
  void the_descriptor_says_which_app_it_is() throws IOException {
    // Given
    Path file =
        air(
            """
            <?xml version="1.0" encoding="utf-8"?>
            <application xmlns="http://ns.adobe.com/air/application/2.7">
              <id>com.example.tides</id>
              <versionNumber>1.0.657</versionNumber>
              <initialWindow><id>not.this.one</id></initialWindow>
            </application>
            """);

    // When
    AirFile air = AirFile.read(file);

    // Then
    assertThat(air.app().text()).isEqualTo("com.example.tides");
    assertThat(air.version()).isEqualTo("1.0.657");
  }

  @Test
  void an_old_descriptor_has_a_version_of_any_text() throws IOException {
    // Given
    Path file =
        air(
            "<application xmlns='http://ns.adobe.com/air/application/1.5'><id>com.example.tides</id>"
                + "<version>beta 3</version></application>");

    // When, Then
    assertThat(AirFile.read(file).version()).isEqualTo("beta 3");
  }

  @Test
  void outside_entities_are_not_fetched() throws IOException {
    // Given
    Path secret = Files.writeString(folder.resolve("secret"), "com.example.stolen");
    Path file =
        air(
            "<!DOCTYPE application [<!ENTITY x SYSTEM '%s'>]><application><id>&x;</id>"
                    .formatted(secret.toUri())
                + "<version>1</version></application>");

    // When, Then
    assertThatThrownBy(() -> AirFile.read(file))
        .isInstanceOf(CommandFailure.class)
        .hasMessageNotContaining("stolen");
  }

  @Test
  void what_is_no_package_is_named_so() throws IOException {
    // Given
    Path text = Files.writeString(folder.resolve("text.air"), "no zip at all");
    Path zip = zip(Map.of("index.html", "x"));
    Path nameless = air("<application><version>1</version></application>");

    // When, Then
    assertThatThrownBy(() -> AirFile.read(text)).hasMessageContaining("not a ZIP file");
    assertThatThrownBy(() -> AirFile.read(zip))
        .hasMessageContaining("META-INF/AIR/application.xml");
    assertThatThrownBy(() -> AirFile.read(nameless)).hasMessageContaining("names no id");
  }

  private Path air(String descriptor) throws IOException {
    return zip(Map.of("META-INF/AIR/application.xml", descriptor));
  }

  private Path zip(Map<String, String> entries) throws IOException {
    Path file = Files.createTempFile(folder, "a", ".air");
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (var entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue().getBytes(StandardCharsets.UTF_8));
      }
    }
    return file;
  }
}
