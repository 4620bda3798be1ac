package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.PATH;
import static dev.slipway.bundle.BundleException.Reason.PATH_COLLISION;
import static dev.slipway.bundle.Refusal.assertRefused;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BundlePathTest {

  static String[] allowed() {
    return new String[] {
      "index.html",
      "assets/app.js",
      ".well-known/x",
      "a b.txt",
      "\u00e9t\u00e9.txt",
      "\u65e5\u672c/\ud83d\ude00.png",
      "console.txt",
      "com10",
      "[id]/$page+1.js",
      "x".repeat(255) + "/" + "y".repeat(255),
      ("x".repeat(127) + "/").repeat(7) + "y".repeat(128),
    };
  }

  @ParameterizedTest
  @MethodSource("allowed")
  void allowsOrdinaryPaths(String path) {
    BundlePath.requireAll(List.of(path));
  }

  static String[] refused() {
    return new String[] {
      "",
      ".",
      "..",
      "../../x",
      "a/../b",
      "./a",
      "a/.",
      "/etc/x",
      "//host/share",
      "a//b",
      "a/",
      "C:\\x",
      "C:x",
      "c:/x",
      "file.txt:stream",
      "a\\b",
      "a\u0000b",
      "a\nb",
      "a\u007fb",
      "a\u0085b",
      "a\u202eb",
      "a\u2066b",
      "a\u200bb",
      "a\u2028b",
      "\ud800",
      "e\u0301.txt", // not NFC
      "\u212a", // the Kelvin sign, a K in NFC
      "con",
      "CON.txt",
      "a/nul",
      "aux.tar.gz",
      "com1",
      "lpt9.x",
      "com\u00b9",
      "con .txt",
      "CONIN$",
      "x.",
      "x ",
      "a./b",
      "a /b",
      "what?",
      "a*b",
      "a|b",
      "<a>",
      "a\"b",
      "x".repeat(256),
      "\u00e9".repeat(128),
      "x/".repeat(512) + "x",
      "p".repeat(5_000),
    };
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesPathsThatMeanSomethingElseSomewhere(String path) {
    assertRefused(PATH, () -> BundlePath.requireAll(List.of("index.html", path)));
  }

  static List<List<String>> colliding() {
    return List.of(
        List.of("a.js", "a.js"),
        List.of("A.js", "a.js"),
        List.of("\u00c9.js", "\u00e9.js"),
        List.of("stra\u00dfe", "STRASSE"),
        List.of("\ufb01le", "file"), // a ligature
        List.of("\uff41.js", "a.js"), // full width
        List.of("a", "a/b"),
        List.of("a/b/c", "A"));
  }

  @ParameterizedTest
  @MethodSource("colliding")
  void refusesPathsThatAreOneFileSomewhere(List<String> paths) {
    assertRefused(PATH_COLLISION, () -> BundlePath.requireAll(paths));
  }
}
