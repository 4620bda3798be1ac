package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.cli.term.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// What a person gets who types: exit codes, help, and complaints that say what to do.
class CommandLineTest {

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Terminal terminal =
      new Terminal(
          new PrintWriter(out, true), new PrintWriter(err, true), false, false, ZoneOffset.UTC);
  private final Map<String, String> environment = new TreeMap<>();

  @Test
  void every_command_explains_itself() {
    // Given
    List<CommandLine> commands = new ArrayList<>();
    collect(Slipway.commandLine(terminal, Map.of()), commands);

    // When
    List<String> silent =
        commands.stream()
            .filter(command -> command.getCommandSpec().usageMessage().header().length == 0)
            .map(command -> command.getCommandSpec().qualifiedName())
            .filter(name -> !name.endsWith(" help"))
            .toList();

    // Then
    assertThat(commands).hasSizeGreaterThan(20);
    assertThat(silent).isEmpty();
  }

  @Test
  void every_help_can_be_written() {
    // Given
    List<CommandLine> commands = new ArrayList<>();
    collect(Slipway.commandLine(terminal, Map.of()), commands);

    // When
    List<String> helps = commands.stream().map(CommandLine::getUsageMessage).toList();

    // Then
    assertThat(helps).allSatisfy(help -> assertThat(help).doesNotContain("%n", "@|", "%%"));
  }

  @Test
  void every_value_is_named_by_what_is_wanted() {
    // Given
    List<CommandLine> commands = new ArrayList<>();
    collect(Slipway.commandLine(terminal, Map.of()), commands);

    // When
    List<String> unnamed =
        commands.stream()
            .map(CommandLine::getCommandSpec)
            .flatMap(
                command ->
                    command.options().stream()
                        .filter(option -> option.arity().max() > 0)
                        .filter(option -> option.paramLabel().startsWith("<"))
                        .map(option -> command.qualifiedName() + " " + option.longestName()))
            .toList();

    // Then
    assertThat(unnamed).isEmpty();
  }

  /// A terminal has 80 columns; a command that is broken into two lines cannot be copied.
  @Test
  void every_example_can_be_copied() {
    // Given
    List<CommandLine> commands = new ArrayList<>();
    collect(Slipway.commandLine(terminal, Map.of()), commands);

    // When
    List<String> broken =
        commands.stream()
            .flatMap(
                command -> Arrays.stream(command.getCommandSpec().usageMessage().description()))
            .filter(line -> line.startsWith("  ") || line.startsWith("Example: "))
            .filter(line -> line.replace("%%", "%").length() > 79)
            .toList();

    // Then
    assertThat(broken).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "rollout",
        "rollout start",
        "rollout start --app-version 1.0.0 --stage 0%",
        "rollout start --app-version 1.0.0 --stage 10%,5m,sometimes",
        "rollout start --app-version a/b",
        "rollout pause --app com.example.app",
        "rollout start --app-version 1.0.0 --where native_version=5.0.0",
        "rollout schedule --app com.example.app --reason why --at tomorrow",
        "rollout quarantine --app com.example.app --reason why",
        "rollout start --app com.example.app --app-version 1.0.0",
        "rollout start --app com.example.app --app-version 1.0.0 --reason why --alpha 7",
        "rollout start --app-version 1.0.0 --reason why --where native_version=6..5",
        "rollout list --app com.example.app --state nonsense",
        "access create --name me --role nonsense",
        "app set com.example.app --second-person sometimes",
        "channel set beta --app com.example.app --ios yes",
        "channel show beta --channel beta",
        "channel override remove 11111111-1111-1111-1111-111111111111 --app com.example.app",
        "channel create beta --open perhaps",
        "channel override set nobody --to beta --reason why",
        "keys init nodots",
        "keys init com.example.app --years 0",
        "keys rotate",
        "cert show --fail-within -1",
        "cert unlock ask epoch-jump --app com.example.app --reason why",
        "cert unlock ask new-lineage --app com.example.app --reason why --security-epoch 2",
        "cert unlock approve nonsense --app com.example.app",
        "bundle list --app com.example.app --limit -1",
        "bundle list --app com.example.app --ingest-url ftp://example.com",
        "bundle list --app com.example.app --ingest-url ingest.example.com",
        "bundle seal dist --app-version 1.0.0 --note hello",
        "delegation create --app nodots",
        "delegation revoke --app com.example.app ID",
        "bundle seal dist",
        "fleet simulate --devices many",
        "replay",
        "replay 01234567",
        "replay --all-last 0",
        "replay --all-last 3 --chart all.svg",
        "replay --all-last 3 --alpha 7",
        "replay 01234567-89ab-cdef-0123-456789abcdef --all-last 3",
        "up --nonsense"
      })
  void what_is_not_understood_ends_with_2(String line) {
    // When
    int code = run(line.split(" "));

    // Then
    assertThat(code).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString())
        .startsWith("slipway: ")
        .doesNotContain("Exception", "case-insensitive", "Error: ", "option option");
  }

  @Test
  void a_condition_that_cannot_hold_is_refused_with_its_place_and_cause() {
    run(
        ("rollout start --app com.example.app --app-version 1.0.0 --reason why"
                + " --where native_version=6..5")
            .split(" "));
    assertThat(err.toString())
        .contains("'native_version=6..5': below must be above 6, or no version is in the range");
  }

  @Test
  void help_ends_with_0() {
    // When
    int code = run("--help");

    // Then
    assertThat(code).isZero();
    assertThat(out.toString()).contains("./slipway demo", "rollout", "fleet");
  }

  @Test
  void a_service_that_is_nowhere_is_asked_for() {
    // When
    int code = run("app", "list", "--stack", folder.resolve("none").toString());

    // Then
    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).contains("./slipway up", "--rollout-url", "SLIPWAY_ROLLOUT_URL");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void a_kafka_that_is_nowhere_is_asked_for() {
    // When
    int code = run("replay", "--all-last", "1", "--stack", folder.resolve("none").toString());

    // Then
    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).contains("./slipway up", "--bootstrap", "SLIPWAY_KAFKA");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void a_service_that_does_not_answer_is_named_with_its_address() {
    // Given: a port of this machine that nobody can listen on
    environment.put("SLIPWAY_ROLLOUT_URL", "http://127.0.0.1:1");
    environment.put("SLIPWAY_ACCESS_KEY", "slipway_test_abcdefgh_secretsecretsecret");

    // When
    int code = run("app", "list");

    // Then
    assertThat(code).isEqualTo(1);
    assertThat(err.toString())
        .contains("rollout service does not answer at http://127.0.0.1:1", "./slipway up")
        .doesNotContain("secret");
  }

  @Test
  void nothing_runs_where_no_stack_is() {
    // When
    int status = run("status", "--stack", folder.resolve("none").toString());
    int down = run("down", "--stack", folder.resolve("none").toString());

    // Then
    assertThat(status).isEqualTo(1);
    assertThat(down).isZero();
    assertThat(out.toString()).contains("Nothing runs", "./slipway up");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void keys_are_made_once_and_never_overwritten() throws IOException {
    // Given
    Path keys = folder.resolve("keys");

    // When
    int first = run("keys", "init", "com.example.app", "--keys", keys.toString());
    byte[] ring = Files.readAllBytes(keys.resolve("keyring.json"));
    int second = run("keys", "init", "com.example.app", "--keys", keys.toString());

    // Then
    assertThat(first).isZero();
    assertThat(second).isEqualTo(1);
    assertThat(out.toString()).contains("BEGIN RSA PUBLIC KEY").doesNotContain("PRIVATE");
    assertThat(err.toString()).contains("never overwritten");
    assertThat(Files.readAllBytes(keys.resolve("keyring.json"))).isEqualTo(ring);
  }

  @Test
  void a_folder_is_sealed_and_inspected() throws IOException {
    // Given
    Path keys = folder.resolve("keys");
    Path dist = Files.createDirectories(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "<!doctype html><title>Tides</title>");
    Path file = folder.resolve("app.slipway");
    run("keys", "init", "com.example.app", "--keys", keys.toString());
    out.getBuffer().setLength(0);

    // When
    int sealed =
        run(
            "bundle",
            "seal",
            dist.toString(),
            "--app-version",
            "1.4.2",
            "--out",
            file.toString(),
            "--keys",
            keys.toString());
    int again =
        run(
            "bundle",
            "seal",
            dist.toString(),
            "--app-version",
            "1.4.2",
            "--out",
            file.toString(),
            "--keys",
            keys.toString());
    out.getBuffer().setLength(0);
    int inspected = run("bundle", "inspect", file.toString(), "--keys", keys.toString(), "--json");

    // Then
    var json = new ObjectMapper().readTree(out.toString());
    assertThat(List.of(sealed, again, inspected)).containsExactly(0, 1, 0);
    assertThat(json.get("signature").asText()).isEqualTo("verified");
    assertThat(json.get("version").asText()).isEqualTo("1.4.2");
    assertThat(json.get("capgo").asBoolean()).isTrue();
    assertThat(json.get("files").get(0).get("path").asText()).isEqualTo("index.html");
  }

  @Test
  void a_changed_bundle_is_refused_with_its_reason() throws IOException {
    // Given
    Path file = folder.resolve("bad.slipway");
    Files.writeString(file, "PK\u0003\u0004 and no more");

    // When
    int code = run("bundle", "inspect", file.toString());

    // Then
    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).contains("container-invalid");
  }

  private int run(String... arguments) {
    return Slipway.run(terminal, environment, arguments);
  }

  private static void collect(CommandLine command, List<CommandLine> all) {
    all.add(command);
    command.getSubcommands().values().forEach(sub -> collect(sub, all));
  }
}
