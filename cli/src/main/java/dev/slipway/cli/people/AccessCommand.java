package dev.slipway.cli.people;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.access.AccessKeyView;
import dev.slipway.contracts.access.NewAccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.access.RotateAccessKey;
import dev.slipway.contracts.http.Page;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Access keys.
@Command(
    name = "access",
    header = "Access keys: who may do what.",
    description = {
      "",
      "One key per person and per machine. Roles: owner, releaser (publish, roll out, roll back),"
          + " publisher (upload only), certificate_officer, support, auditor, viewer.",
      ""
    },
    subcommands = {
      AccessCommand.Create.class,
      AccessCommand.ListAll.class,
      AccessCommand.Rotate.class,
      AccessCommand.Revoke.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class AccessCommand {

  private static void show(Asking asking, AccessKeyView key) {
    var terminal = asking.terminal();
    terminal.line(
        terminal.green("Access key " + key.keyId())
            + " for %s, until %s".formatted(key.name(), terminal.time(key.expiresAt())));
    terminal.line();
    terminal.line("  " + key.text());
    terminal.line();
    terminal.line("It is shown this once. Its bearer sets SLIPWAY_ACCESS_KEY to it.");
  }

  private static String words(Iterable<Role> roles) {
    var words = new ArrayList<String>();
    roles.forEach(role -> words.add(role.name().toLowerCase(Locale.ROOT)));
    return words.stream().sorted().collect(Collectors.joining(", "));
  }

  @Command(
      name = "create",
      header = "Makes an access key and shows it, once.",
      description = {
        "",
        "Example:",
        "  ./slipway access create --name 'CI of tides' --role publisher \\",
        "      --app com.example.tides --expires-in 90d",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Create extends Asking {

    @Option(
        names = "--name",
        paramLabel = "NAME",
        required = true,
        description = "Who or what it is for.")
    String name = "";

    @Option(
        names = "--role",
        paramLabel = "ROLE",
        required = true,
        split = ",",
        description = "One of: ${COMPLETION-CANDIDATES}; may be repeated.")
    List<Role> roles = List.of();

    @Option(
        names = "--app",
        paramLabel = "APP_ID",
        split = ",",
        description = "The apps it opens; all of them unless given; may be repeated.")
    @Nullable List<AppId> apps;

    @Option(
        names = "--expires-in",
        paramLabel = "TIME",
        defaultValue = "90d",
        description = "How long it opens, at most 366d; default: ${DEFAULT-VALUE}.")
    Duration life = Duration.ofDays(90);

    Create(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var wanted =
          new NewAccessKey(
              name,
              new LinkedHashSet<>(roles),
              apps == null ? null : new LinkedHashSet<>(apps),
              life);
      var key = rollout().post("/v1/access-keys", wanted, AccessKeyView.class);
      if (!asJson(key)) show(this, key);
      return 0;
    }
  }

  @Command(
      name = "list",
      header = "The keys that were not revoked, and when they were used last.",
      description = {"", "Example: ./slipway access list", ""},
      mixinStandardHelpOptions = true)
  static final class ListAll extends Asking {

    ListAll(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var keys = new ArrayList<AccessKeyView>();
      String after = "";
      while (after != null) {
        Page<AccessKeyView> page =
            rollout()
                .get(
                    "/v1/access-keys?limit=500" + parameter("after", after),
                    new TypeReference<Page<AccessKeyView>>() {});
        keys.addAll(page.items());
        after = page.next();
      }
      if (asJson(keys)) return 0;
      for (var key : keys) {
        var used = key.lastUsedAt();
        terminal()
            .line(
                "%s  %-24s %-22s %-28s until %s, %s"
                    .formatted(
                        key.keyId(),
                        key.name(),
                        words(key.roles()),
                        key.apps().isEmpty()
                            ? "all apps"
                            : key.apps().stream()
                                .map(AppId::text)
                                .sorted()
                                .collect(Collectors.joining(", ")),
                        terminal().time(key.expiresAt()),
                        used == null ? "not used yet" : "used " + terminal().time(used)));
      }
      return 0;
    }
  }

  @Command(
      name = "rotate",
      header = "Makes a successor of a key; both open for a while.",
      description = {"", "Example: ./slipway access rotate k3yid001 --overlap 2d", ""},
      mixinStandardHelpOptions = true)
  static final class Rotate extends Asking {

    @Parameters(paramLabel = "KEY_ID", description = "The key's id.")
    String id = "";

    @Option(
        names = "--expires-in",
        paramLabel = "TIME",
        defaultValue = "90d",
        description = "How long the successor opens; default: ${DEFAULT-VALUE}.")
    Duration life = Duration.ofDays(90);

    @Option(
        names = "--overlap",
        paramLabel = "TIME",
        defaultValue = "1d",
        description = "How long the old key still opens; default: ${DEFAULT-VALUE}.")
    Duration overlap = Duration.ofDays(1);

    Rotate(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var key =
          rollout()
              .post(
                  "/v1/access-keys/" + encoded(id) + "/rotate",
                  new RotateAccessKey(life, overlap),
                  AccessKeyView.class);
      if (!asJson(key)) show(this, key);
      return 0;
    }
  }

  @Command(
      name = "revoke",
      header = "Ends a key at once.",
      description = {"", "Example: ./slipway access revoke k3yid001", ""},
      mixinStandardHelpOptions = true)
  static final class Revoke extends Asking {

    @Parameters(paramLabel = "KEY_ID", description = "The key's id.")
    String id = "";

    Revoke(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      rollout().delete("/v1/access-keys/" + encoded(id));
      if (!asJson(java.util.Map.of("revoked", id))) {
        terminal().line(terminal().green("Access key " + id + " opens nothing any more"));
      }
      return 0;
    }
  }
}
