package dev.slipway.cli.people;

import dev.slipway.bundle.AppId;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.app.ChangeApp;
import dev.slipway.contracts.app.EnrolmentToken;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What is done to a registered app.
public final class AppOrders {

  private AppOrders() {}

  /// A command about one app.
  abstract static class AboutOne extends Asking {

    @Parameters(
        paramLabel = "APP_ID",
        arity = "0..1",
        description = "The app, such as com.example.app. Environment: SLIPWAY_APP.")
    @Nullable AppId given;

    AboutOne(Surroundings surroundings) {
      super(surroundings);
    }

    AppId app() {
      if (given != null) return given;
      return surroundings
          .variable("SLIPWAY_APP")
          .map(AppId::of)
          .orElseThrow(() -> new CommandFailure("Which app? Name it, or set SLIPWAY_APP"));
    }

    String path() {
      return "/v1/apps/" + app();
    }

    AppState now() {
      return rollout().get(path(), AppState.class);
    }

    Integer say(AppState state) {
      if (asJson(state)) return 0;
      var terminal = terminal();
      var policy = state.policy();
      var deleted = state.deletedAt();
      var channel = state.defaultChannel();
      terminal.line(terminal.bold(state.appId().text()) + "  " + state.name());
      if (deleted != null) terminal.line("  " + terminal.red("deleted " + terminal.time(deleted)));
      terminal.line("  publisher        " + state.publisherId());
      terminal.line("  certificate      " + state.publisherLeaf());
      terminal.line("  fleet keys       " + String.join(", ", state.keyIds()));
      if (!state.retiredKeyIds().isEmpty()) {
        terminal.line("  retired keys     " + String.join(", ", state.retiredKeyIds()));
      }
      terminal.line("  versions         " + word(policy.versionScheme()));
      terminal.line("  confidentiality  " + word(policy.confidentiality()));
      terminal.line(
          "  certificates     pinned by %s, grace %d days"
              .formatted(word(policy.pin()), policy.graceDays()));
      terminal.line(
          "  limits           %,d bytes a version, %,d in all"
              .formatted(policy.maxBundleBytes(), policy.maxTotalBytes()));
      terminal.line(
          "  metadata         " + (policy.exposeMetadata() ? "given to devices" : "kept"));
      terminal.line("  second person    " + word(policy.secondPerson()));
      terminal.line("  default channel  " + (channel == null ? "the first open one" : channel));
      terminal.line(
          "  enrolment        " + (state.enrolmentToken() == null ? "none" : "with the token"));
      terminal.line("  revision         " + state.revision());
      return 0;
    }

    private static String word(Enum<?> value) {
      return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Command(name = "show", header = "One app with its policy.", mixinStandardHelpOptions = true)
  public static final class Show extends AboutOne {
    Show(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      return say(now());
    }
  }

  @Command(
      name = "set",
      header = "Changes an app; what is not named stays.",
      description = {
        "",
        "Refused if somebody else changed the app in the meantime.",
        "",
        "Example:",
        "  ./slipway app set com.example.tides --grace-days 180 --reason 'old AIR rules'",
        ""
      },
      mixinStandardHelpOptions = true)
  public static final class Set extends AboutOne {

    @Option(names = "--name", paramLabel = "NAME", description = "What people call it.")
    @Nullable String name;

    @Option(
        names = "--key-id",
        paramLabel = "KEY_ID",
        split = ",",
        description = "The fleet keys from now on; others are retired for good; may be repeated.")
    @Nullable List<String> keyIds;

    @Option(
        names = "--confidentiality",
        paramLabel = "POLICY",
        description = "sealed, or none for plain zips and AIR.")
    AppPolicy.@Nullable Confidentiality confidentiality;

    @Option(
        names = "--grace-days",
        paramLabel = "DAYS",
        description = "365, 180 or 0 days after a certificate's end.")
    @Nullable Integer graceDays;

    @Option(
        names = "--pin",
        paramLabel = "BY",
        description = "leaf or spki: what makes a signer the same one.")
    AppPolicy.@Nullable Pin pin;

    @Option(
        names = "--expose-metadata",
        arity = "1",
        paramLabel = "true|false",
        description = "Whether devices are given a version's link and comment.")
    @Nullable Boolean exposeMetadata;

    @Option(
        names = "--max-bundle-bytes",
        paramLabel = "BYTES",
        description = "The largest version.")
    @Nullable Long maxBundleBytes;

    @Option(
        names = "--max-total-bytes",
        paramLabel = "BYTES",
        description = "All that is stored for the app.")
    @Nullable Long maxTotalBytes;

    @Option(
        names = "--second-person",
        paramLabel = "WHICH",
        description =
            "Which rollouts a second person has to approve: always, loosened (those that fewer"
                + " reports than usual roll back), never.")
    AppPolicy.@Nullable SecondPerson secondPerson;

    @Option(
        names = "--default-channel",
        paramLabel = "CHANNEL",
        description = "What a device gets that names none.")
    @Nullable ChannelName defaultChannel;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why; for the audit.")
    @Nullable String reason;

    Set(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var wish =
          new ChangeApp(
              name,
              keyIds,
              confidentiality,
              graceDays,
              pin,
              exposeMetadata,
              maxBundleBytes,
              maxTotalBytes,
              secondPerson,
              defaultChannel,
              reason);
      return say(rollout().patch(path(), wish, now().revision(), AppState.class));
    }
  }

  @Command(
      name = "delete",
      header = "Deletes an app; it can be taken back for 30 days.",
      description = {
        "",
        "From now on devices are told that the app is unknown and keep what they run; nothing can"
            + " be published. After the grace period it is gone for good.",
        ""
      },
      mixinStandardHelpOptions = true)
  public static final class Delete extends AboutOne {

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why; for the audit.")
    @Nullable String reason;

    Delete(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var why = reason == null ? "" : "?reason=" + encoded(reason);
      var state = rollout().delete(path() + why, now().revision(), AppState.class);
      if (!asJson(state)) {
        terminal().line(terminal().green(app() + " is deleted"));
        terminal().line("To take it back: ./slipway app undelete " + app());
      }
      return 0;
    }
  }

  @Command(name = "undelete", header = "Takes a deletion back.", mixinStandardHelpOptions = true)
  public static final class Undelete extends AboutOne {

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why; for the audit.")
    @Nullable String reason;

    Undelete(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var why = "/undelete" + (reason == null ? "" : "?reason=" + encoded(reason));
      return say(rollout().post(path() + why, Map.of(), AppState.class));
    }
  }

  @Command(
      name = "enrolment-token",
      header = "Makes the token by which devices may enrol, and shows it once.",
      description = {"", "The one before it enrols nobody any more.", ""},
      mixinStandardHelpOptions = true)
  public static final class Enrolment extends AboutOne {
    Enrolment(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var token = rollout().post(path() + "/enrolment-token", Map.of(), EnrolmentToken.class);
      if (!asJson(token)) {
        terminal().line(token.token());
        terminal().line("It is shown this once. Build it into the app.");
      }
      return 0;
    }
  }
}
