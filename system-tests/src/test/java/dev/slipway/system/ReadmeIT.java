package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Runs what the README tells its reader to type, in that order.
@ExtendWith(RunningSuite.Extension.class)
class ReadmeIT {

  private static final Path README = Path.of(System.getProperty("slipway.root"), "README.md");
  private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
  private static final String DEMO = "./slipway demo\n";
  private static final String VERIFY = "./mvnw verify\n";

  @TempDir Path folder;

  @Test
  void everyCommandOfTheReadmeWorks(RunningSuite suite) throws Exception {
    // Given
    List<String> blocks =
        BLOCK.matcher(Files.readString(README)).results().map(found -> found.group(1)).toList();
    assertThat(blocks).startsWith(DEMO, VERIFY).hasSizeGreaterThan(5);

    try {
      for (String block : blocks.subList(2, blocks.size())) {
        // When
        var said = suite.shell(folder, block);

        // Then
        assertThat(said.exit()).as("%s%n%s%n%s", block, said.out(), said.err()).isZero();
      }
    } finally {
      suite.start(); // the README ends with stopping it
    }
  }

  @Test
  void theDemonstrationEndsWell(RunningSuite suite) throws Exception {
    // When
    var said = suite.slipway(folder, "demo", "--devices", "1000", "--json");

    // Then
    assertThat(said.exit()).as("%s%n%s", said.out(), said.err()).isZero();
  }
}
