package dev.slipway.cli;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.cli.bundle.AppCommand;
import dev.slipway.cli.bundle.BundleCommand;
import dev.slipway.cli.cert.CertCommand;
import dev.slipway.cli.demo.DemoCommand;
import dev.slipway.cli.fleet.FleetCommand;
import dev.slipway.cli.keys.KeysCommand;
import dev.slipway.cli.people.AccessCommand;
import dev.slipway.cli.people.AuditCommand;
import dev.slipway.cli.people.DelegationCommand;
import dev.slipway.cli.people.DeviceCommand;
import dev.slipway.cli.people.WebhookCommand;
import dev.slipway.cli.replay.ReplayCommand;
import dev.slipway.cli.rollout.AdminCommand;
import dev.slipway.cli.rollout.ChannelCommand;
import dev.slipway.cli.rollout.ConditionText;
import dev.slipway.cli.rollout.RolloutCommand;
import dev.slipway.cli.rollout.StageText;
import dev.slipway.cli.stack.DownCommand;
import dev.slipway.cli.stack.LogsCommand;
import dev.slipway.cli.stack.StatusCommand;
import dev.slipway.cli.stack.UpCommand;
import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.stack.StackFailure;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;

/// The `slipway` command.
@Command(
    name = "slipway",
    version = "Slipway 0.1.0",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    header = "Launches releases to fleets of devices, and hauls them back.",
    description = {
      "",
      "First time here? See the whole suite work on this machine, on real Kafka, PostgreSQL and"
          + " S3:",
      "",
      "  @|bold ./slipway demo|@",
      "",
      "Or start it and do it yourself:",
      "",
      "  ./slipway up",
      "  ./slipway keys init com.example.app",
      "  ./slipway app create com.example.app",
      "  ./slipway bundle seal samples/web-app/better --app-version 1.1.0",
      "  ./slipway bundle publish com.example.app-1.1.0.slipway",
      "  ./slipway rollout start --app com.example.app --app-version 1.1.0 \\",
      "      --reason 'first release'",
      "  ./slipway rollout watch --app com.example.app",
      ""
    },
    footer = {
      "",
      "Each command explains itself: ./slipway help rollout, ./slipway rollout start --help.",
      "Exit codes: 0 done, 1 refused or failed, 2 not understood."
    },
    commandListHeading = "%nCommands:%n",
    subcommands = {
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      LogsCommand.class,
      DemoCommand.class,
      KeysCommand.class,
      CertCommand.class,
      AppCommand.class,
      AccessCommand.class,
      AuditCommand.class,
      DelegationCommand.class,
      WebhookCommand.class,
      BundleCommand.class,
      RolloutCommand.class,
      ChannelCommand.class,
      DeviceCommand.class,
      AdminCommand.class,
      ReplayCommand.class,
      FleetCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Slipway {

  private static final Pattern CHOICE =
      Pattern.compile("expected (one of \\[[A-Z_, ]+]) \\(case-insensitive\\) but was ");

  public static void main(String[] arguments) {
    System.exit(run(Terminal.ofProcess(), System.getenv(), arguments));
  }

  /// Runs one command.
  ///
  /// @return its exit code
  static int run(Terminal terminal, Map<String, String> environment, String... arguments) {
    return commandLine(terminal, environment).execute(arguments);
  }

  static CommandLine commandLine(Terminal terminal, Map<String, String> environment) {
    return commandLine(new Surroundings(terminal, environment, Clock.systemUTC()));
  }

  static CommandLine commandLine(Surroundings surroundings) {
    Terminal terminal = surroundings.terminal();
    Map<String, String> environment = surroundings.environment();
    CommandLine commandLine = new CommandLine(new Slipway(), new Commands(surroundings));
    commandLine.setOut(terminal.out());
    commandLine.setErr(terminal.err());
    commandLine.setColorScheme(
        CommandLine.Help.defaultColorScheme(terminal.hasColours() ? Ansi.ON : Ansi.OFF));
    convert(commandLine, AppId.class, AppId::of);
    convert(commandLine, Digest.class, Digest::parse);
    convert(commandLine, Version.class, Version::of);
    convert(commandLine, ChannelName.class, ChannelName::of);
    convert(commandLine, RolloutId.class, RolloutId::of);
    convert(commandLine, DeviceId.class, DeviceId::of);
    convert(commandLine, Condition.class, ConditionText::parse);
    convert(commandLine, Instant.class, Slipway::instant);
    convert(commandLine, Stage.class, StageText::parse);
    convert(commandLine, Duration.class, StageText::duration);
    convert(commandLine, UUID.class, Slipway::id);
    convert(commandLine, URI.class, Connection::address);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setUsageHelpAutoWidth(true);
    commandLine.setAbbreviatedOptionsAllowed(false);
    commandLine.setExecutionExceptionHandler(
        (failure, _, _) -> {
          terminal.note(terminal.red("slipway: ") + explain(failure));
          if (Boolean.parseBoolean(environment.getOrDefault("SLIPWAY_TRACE", "false"))) {
            failure.printStackTrace(terminal.err());
          }
          return failure instanceof CommandFailure.Misunderstood
              ? CommandLine.ExitCode.USAGE
              : CommandLine.ExitCode.SOFTWARE;
        });
    commandLine.setParameterExceptionHandler(
        (failure, given) -> misunderstood(terminal, failure, given));
    return commandLine;
  }

  private static Instant instant(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "an instant is written 2026-12-01T08:00:00Z, with an offset such as +01:00 in place of Z",
          e);
    }
  }

  private static UUID id(String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "an id is written 01234567-89ab-cdef-0123-456789abcdef", e);
    }
  }

  private static <T> void convert(
      CommandLine commandLine, Class<T> type, Function<String, T> parse) {
    commandLine.registerConverter(
        type,
        text -> {
          try {
            return parse.apply(text);
          } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException("'" + text + "': " + e.getMessage());
          }
        });
  }

  private static int misunderstood(Terminal terminal, ParameterException failure, String[] given) {
    CommandLine command = failure.getCommandLine();
    terminal.note(terminal.red("slipway: ") + words(String.valueOf(failure.getMessage())));
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(failure, terminal.err())
        && Arrays.stream(given).noneMatch("--help"::equals)) {
      terminal.note("See: ./" + command.getCommandSpec().qualifiedName() + " --help");
    }
    terminal.err().flush();
    return CommandLine.ExitCode.USAGE;
  }

  /// Words of a choice as people type them, not as constants are named; and each word once.
  private static String words(String message) {
    return CHOICE
        .matcher(message.replaceFirst("^Error: ", "").replace("option option", "option"))
        .replaceAll(it -> "expected " + it.group(1).toLowerCase(Locale.ROOT) + " but was ");
  }

  /// What went wrong, for the person who typed the command.
  private static String explain(Exception failure) {
    return switch (failure) {
      case CommandFailure expected -> String.valueOf(expected.getMessage());
      case StackFailure stack -> String.valueOf(stack.getMessage());
      case BundleException bundle -> bundle.getMessage() + "\n  (" + bundle.reason().slug() + ")";
      case NoSuchFileException missing -> "There is no " + missing.getFile();
      case FileAlreadyExistsException there ->
          there.getFile() + " is there already; it is not overwritten";
      case FileSystemException file ->
          file.getFile() + ": " + (file.getReason() == null ? "not possible" : file.getReason());
      default -> "Unexpectedly failed: " + failure + "\n  (SLIPWAY_TRACE=true shows where)";
    };
  }
}
