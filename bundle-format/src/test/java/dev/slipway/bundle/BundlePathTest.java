package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.PATH;
import static dev.slipway.bundle.BundleException.Reason.PATH_COLLISION;
import static dev.slipway.bundle.Refusal.assertRefused;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BundlePathTest {

  private static JsonObject vectors() {
    try {
      return StrictJson.parse(Files.readAllBytes(Golden.resource("vectors/paths.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> allowed() {
    return vectors().strings("allowed");
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("allowed")
  void allowsOrdinaryPaths(String path) {
    BundlePath.requireAll(List.of(path));
  }

  static List<String> refused() {
    return vectors().strings("refused");
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("refused")
  void refusesPathsThatMeanSomethingElseSomewhere(String path) {
    assertRefused(PATH, () -> BundlePath.requireAll(List.of("index.html", path)));
  }

  @Test
  void refusesHalfACharacter() {
    assertRefused(PATH, () -> BundlePath.requireAll(List.of("\ud800")));
  }

  static List<List<String>> colliding() {
    return vectors().objects("collisions").stream()
        .map(collision -> collision.strings("paths"))
        .collect(Collectors.toList());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("colliding")
  void refusesPathsThatAreOneFileSomewhere(List<String> paths) {
    assertRefused(PATH_COLLISION, () -> BundlePath.requireAll(paths));
  }
}
