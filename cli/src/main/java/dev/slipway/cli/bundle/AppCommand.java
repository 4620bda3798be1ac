package dev.slipway.cli.bundle;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.PublisherCertificate;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.cli.Connection;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import dev.slipway.cli.people.AppOrders;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.app.NewApp;
import dev.slipway.contracts.http.Page;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The apps of an installation.
@Command(
    name = "app",
    header = "The applications that the suite serves.",
    subcommands = {
      AppCommand.Create.class,
      AppCommand.ListAll.class,
      AppOrders.Show.class,
      AppOrders.Set.class,
      AppOrders.Delete.class,
      AppOrders.Undelete.class,
      AppOrders.Enrolment.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class AppCommand {

  /// The registration that goes with these keys.
  public static NewApp registration(
      KeyRing keys, @Nullable String name, ChannelName channel, @Nullable AppPolicy policy) {
    return new NewApp(
        keys.appId(),
        name,
        Base64.getEncoder().encodeToString(keys.certificate().der()),
        keys.fleetKeys().stream().map(WrappingKey::kid).toList(),
        channel,
        policy);
  }

  /// What its publisher and its releasers have to keep to.
  static final class Rules {
    @Option(
        names = "--version-scheme",
        paramLabel = "SCHEME",
        defaultValue = "SEMVER",
        description =
            "How its versions are written and ordered, for good: semver (default), air for Adobe AIR"
                + " from 2.5 on, air_legacy before.")
    AppPolicy.VersionScheme scheme = AppPolicy.DEFAULT.versionScheme();

    @Option(
        names = "--confidentiality",
        paramLabel = "WHICH",
        defaultValue = "SEALED",
        description = "sealed (default), or none for plain zips and AIR packages.")
    AppPolicy.Confidentiality confidentiality = AppPolicy.DEFAULT.confidentiality();

    @Option(
        names = "--second-person",
        paramLabel = "WHICH",
        defaultValue = "LOOSENED",
        description =
            "Which rollouts a second person has to approve: loosened (default; those that fewer"
                + " reports than usual roll back), always, never.")
    AppPolicy.SecondPerson secondPerson = AppPolicy.DEFAULT.secondPerson();

    AppPolicy policy() {
      var shipped = AppPolicy.DEFAULT;
      return new AppPolicy(
          scheme,
          confidentiality,
          shipped.graceDays(),
          shipped.pin(),
          shipped.exposeMetadata(),
          shipped.maxBundleBytes(),
          shipped.maxTotalBytes(),
          secondPerson);
    }
  }

  @Command(
      name = "create",
      header = "Registers an app together with its first channel.",
      description = {
        "",
        "From the keys only the certificate and the ids of the fleet's keys are sent. From now on"
            + " only bundles that this certificate signed are accepted. Doing it twice does no"
            + " harm.",
        "",
        "Examples:",
        "  ./slipway app create com.example.app --name 'Example'",
        "  ./slipway app create com.example.air --certificate publisher.pem \\",
        "      --version-scheme air \\",
        "      --confidentiality none",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Create implements Callable<Integer> {

    @Parameters(paramLabel = "APP_ID", description = "The app, such as com.example.app.")
    AppId app = new AppId("com.example.app");

    @Option(
        names = "--name",
        paramLabel = "TEXT",
        description = "What people call it; default: its id.")
    @Nullable String name;

    @Option(
        names = "--channel",
        paramLabel = "CHANNEL",
        defaultValue = "production",
        description = "Its first channel; default: ${DEFAULT-VALUE}.")
    ChannelName channel = new ChannelName("production");

    @Option(
        names = "--certificate",
        paramLabel = "FILE",
        description =
            "The publisher's certificate (PEM), where the keys are not on this machine; wants"
                + " --key-id too.")
    @Nullable Path certificate;

    @Option(
        names = "--key-id",
        paramLabel = "ID",
        description = "A fleet key that bundles may be wrapped to; may be repeated.")
    List<String> keyIds = List.of();

    @ArgGroup(exclusive = false, heading = "%nIts policy; unless given, the shipped one:%n")
    @Nullable Rules rules;

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final Keys keys;
    @Mixin final Connection connection;
    private final Surroundings surroundings;

    Create(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.keys = new Keys(surroundings);
      this.connection = new Connection(surroundings);
    }

    @Override
    public Integer call() throws IOException {
      NewApp registration = registration();
      AppState created = connection.rollout().post("/v1/apps", registration, AppState.class);
      var terminal = surroundings.terminal();
      if (json) {
        terminal.json(created);
        return 0;
      }
      terminal.line(
          terminal.green("%s is registered".formatted(created.appId()))
              + ", channel %s".formatted(channel));
      terminal.line("  publisher   " + created.publisherId());
      terminal.line("  fleet keys  " + String.join(", ", created.keyIds()));
      return 0;
    }

    private NewApp registration() throws IOException {
      if (certificate != null) {
        var parsed = PublisherCertificate.parsePem(NamedFile.text(certificate));
        return new NewApp(
            app,
            name,
            Base64.getEncoder().encodeToString(parsed.der()),
            keyIds,
            channel,
            rules == null ? null : rules.policy());
      }
      KeyRing ring = keys.read();
      if (!ring.appId().equals(app)) {
        throw new dev.slipway.cli.CommandFailure(
            "The keys in %s are those of %s, not of %s"
                .formatted(keys.folder(), ring.appId(), app));
      }
      return AppCommand.registration(ring, name, channel, rules == null ? null : rules.policy());
    }
  }

  @Command(
      name = "list",
      header = "The registered apps.",
      description = {"", "Example: ./slipway app list", ""},
      mixinStandardHelpOptions = true)
  static final class ListAll implements Callable<Integer> {

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final Connection connection;
    private final Surroundings surroundings;

    ListAll(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.connection = new Connection(surroundings);
    }

    @Override
    public Integer call() {
      var apps = new ArrayList<AppState>();
      String after = "";
      while (after != null) {
        Page<AppState> page =
            connection
                .rollout()
                .get("/v1/apps?limit=500&after=" + after, new TypeReference<Page<AppState>>() {});
        apps.addAll(page.items());
        after = page.next();
      }
      var terminal = surroundings.terminal();
      if (json) {
        terminal.json(new Page<>(apps, null));
        return 0;
      }
      if (apps.isEmpty()) terminal.line("No app is registered: ./slipway app create APP_ID");
      for (AppState app : apps) {
        terminal.line(
            "%-40s %-24s since %s%s"
                .formatted(
                    app.appId(),
                    app.name(),
                    terminal.time(app.createdAt()),
                    app.deletedAt() == null ? "" : ", deleted"));
      }
      return 0;
    }
  }
}
