package dev.slipway.cli.cert;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.http.Api;
import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.bundle.NewUnlock;
import dev.slipway.contracts.bundle.UnlockView;
import dev.slipway.contracts.http.Page;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/// Exceptions that two people allow.
@Command(
    name = "unlock",
    header = "Exceptions from the rules for one coming version, which take two people.",
    description = {
      "",
      "One person asks, another one with an access key of their own approves. It counts once, within"
          + " a day. There are three: to return to a certificate that signed before, to begin a new"
          + " lineage without a hand-over (devices must be installed anew), and to raise the security"
          + " epoch by more than one.",
      "",
      "  ./slipway cert unlock ask new-lineage --certificate Zu25…PeE4 \\",
      "      --app com.example.app --reason 'the old key is lost'",
      "  ./slipway cert unlock list --app com.example.app",
      "  ./slipway cert unlock approve 0b0e… --app com.example.app  (the other)",
      ""
    },
    subcommands = {
      UnlockCommand.Ask.class,
      UnlockCommand.ListAll.class,
      UnlockCommand.Approve.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
final class UnlockCommand {

  private UnlockCommand() {}

  /// What the three have in common.
  abstract static class Order implements Callable<Integer> {

    @Option(
        names = "--app",
        paramLabel = "APP_ID",
        required = true,
        description = "The app, such as com.example.app.")
    AppId app = new AppId("com.example.app");

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final Connection connection;
    private final Surroundings surroundings;

    Order(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.connection = new Connection(surroundings);
    }

    String path() {
      return "/v1/apps/%s/unlocks".formatted(app);
    }

    /// Prints the exceptions, each on a line.
    int show(Object answer, List<UnlockView> unlocks) {
      Terminal terminal = surroundings.terminal();
      if (json) {
        terminal.json(answer);
      } else if (unlocks.isEmpty()) {
        terminal.line("Nobody has asked for an exception for %s".formatted(app));
      } else {
        unlocks.forEach(unlock -> terminal.line(line(unlock, terminal)));
      }
      return 0;
    }

    Api ingest() {
      return connection.ingest();
    }
  }

  @Command(
      name = "ask",
      header = "Asks for an exception.",
      description = {"", "Asking for the same again, while it is open, does nothing.", ""},
      mixinStandardHelpOptions = true)
  static final class Ask extends Order {

    @Parameters(
        paramLabel = "KIND",
        description = "return-to-former, new-lineage or epoch-jump.",
        converter = KindOf.class)
    NewUnlock.Kind kind = NewUnlock.Kind.NEW_LINEAGE;

    @Option(
        names = "--certificate",
        paramLabel = "FINGERPRINT",
        description = "Who may sign; as `cert show` prints it. For the first two.")
    @Nullable Digest certificate;

    @Option(
        names = "--security-epoch",
        paramLabel = "N",
        description = "The exact epoch that may be reached; for epoch-jump.")
    @Nullable Long securityEpoch;

    @Option(
        names = "--reason",
        paramLabel = "TEXT",
        required = true,
        description = "Why, for the one who approves.")
    String reason = "";

    Ask(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      boolean epoch = kind == NewUnlock.Kind.EPOCH_JUMP;
      if (epoch != (securityEpoch != null) || epoch == (certificate != null)) {
        throw new CommandFailure.Misunderstood(
            epoch
                ? "epoch-jump wants --security-epoch, and no --certificate"
                : word(kind) + " wants --certificate, and no --security-epoch");
      }
      var asked =
          ingest()
              .post(
                  path(),
                  new NewUnlock(kind, certificate, securityEpoch, reason),
                  UnlockView.class);
      return show(asked, List.of(asked));
    }
  }

  @Command(
      name = "list",
      header = "The exceptions that were asked for, the newest first.",
      mixinStandardHelpOptions = true)
  static final class ListAll extends Order {

    private static final TypeReference<Page<UnlockView>> UNLOCKS = new TypeReference<>() {};

    ListAll(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      List<UnlockView> unlocks = ingest().get(path(), UNLOCKS).items();
      return show(unlocks, unlocks);
    }
  }

  @Command(
      name = "approve",
      header = "Approves an exception that somebody else asked for.",
      mixinStandardHelpOptions = true)
  static final class Approve extends Order {

    @Parameters(paramLabel = "ID", description = "Which, as `cert unlock list` prints it.")
    UUID id = new UUID(0, 0);

    Approve(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var approved = ingest().post(path() + "/" + id + "/approve", Map.of(), UnlockView.class);
      return show(approved, List.of(approved));
    }
  }

  /// Reads a kind as people write it.
  static final class KindOf implements ITypeConverter<NewUnlock.Kind> {
    @Override
    public NewUnlock.Kind convert(String text) {
      for (NewUnlock.Kind kind : NewUnlock.Kind.values()) {
        if (word(kind).equals(text.toLowerCase(Locale.ROOT).replace('_', '-'))) return kind;
      }
      throw new TypeConversionException(
          "'" + text + "' is none of return-to-former, new-lineage, epoch-jump");
    }
  }

  private static String word(NewUnlock.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String line(UnlockView unlock, Terminal terminal) {
    String subject =
        unlock.certificate() == null
            ? "epoch " + unlock.securityEpoch()
            : unlock.certificate().text();
    String state;
    if (unlock.usedIn() != null) {
      state = "used by version " + unlock.usedIn();
    } else if (unlock.approvedBy() != null) {
      state =
          "approved by %s, until %s"
              .formatted(unlock.approvedBy(), terminal.time(unlock.expiresAt()));
    } else {
      state = "waits for another person, until " + terminal.time(unlock.expiresAt());
    }
    return "%s  %s %s  asked by %s  %s  (%s)"
        .formatted(
            unlock.id(),
            word(unlock.kind()),
            subject,
            unlock.requestedBy(),
            state,
            unlock.reason());
  }
}
