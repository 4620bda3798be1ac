package dev.slipway.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The table of hostile inputs names tests that are there.
class HostileInputsTest {

  private static final Path ROOT = Path.of(System.getProperty("slipway.root", ".."));
  private static final Pattern ROW = Pattern.compile("\\| ([A-F][0-9]+) \\|.*\\|([^|]*)\\|");
  private static final Pattern TEST = Pattern.compile("`([A-Za-z]+)\\.([A-Za-z0-9_]+)`");

  /// The last row of each table.
  private static final Map<Character, Integer> ROWS =
      Map.of('A', 26, 'B', 22, 'C', 32, 'D', 16, 'E', 10);

  @Test
  void eachRowHasItsTests() throws IOException {
    // Given
    var sources = new HashMap<String, String>();
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path module : modules.filter(it -> Files.exists(it.resolve("pom.xml"))).toList()) {
        Path tests = module.resolve("src/test/java");
        if (!Files.isDirectory(tests)) continue;
        try (Stream<Path> files = Files.walk(tests)) {
          for (Path file : files.filter(it -> it.toString().endsWith(".java")).toList()) {
            sources.merge(
                file.getFileName().toString().replace(".java", ""),
                Files.readString(file),
                String::concat);
          }
        }
      }
    }

    // Then
    var rows = new ArrayList<String>();
    for (String line : Files.readAllLines(ROOT.resolve("docs/hostile-inputs.md"))) {
      var row = ROW.matcher(line);
      if (!row.matches()) continue;
      String id = row.group(1);
      rows.add(id);
      var named = TEST.matcher(row.group(2)).results().toList();
      assertThat(named).as(id).isNotEmpty();
      for (var test : named) {
        String source = sources.get(test.group(1));
        assertThat(source).as(id + " " + test.group(1)).isNotNull();
        assertThat(source).as(id).contains("void " + test.group(2) + "(");
        // The cases of a list begin with their row.
        if (test.group(2).equals("isRefusedAndLeavesNothing")) {
          assertThat(source).as(id).contains("\"" + id + " ");
        }
      }
    }
    var due = new ArrayList<String>();
    for (char table : List.of('A', 'B', 'C', 'D', 'E')) {
      for (int i = 1; i <= ROWS.getOrDefault(table, 0); i++) due.add(table + "" + i);
    }
    due.remove("D7"); // never was one
    due.addAll(List.of("F19", "F20", "F21"));
    assertThat(rows).containsExactlyElementsOf(due);
  }
}
