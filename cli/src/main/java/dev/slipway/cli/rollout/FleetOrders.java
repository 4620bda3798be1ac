package dev.slipway.cli.rollout;

import dev.slipway.bundle.AppId;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.people.AboutApp;
import dev.slipway.cli.people.Asking;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.Effects;
import dev.slipway.contracts.rollout.QuarantineOrder;
import dev.slipway.contracts.rollout.RolloutOrder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Orders about more than one rollout.
final class FleetOrders {

  private FleetOrders() {}

  private static void tell(Surroundings surroundings, Effects effects, String nothing) {
    var terminal = surroundings.terminal();
    if (effects.events().isEmpty()) terminal.line(nothing);
    var text = new RolloutText(terminal);
    effects.events().forEach(event -> terminal.line(text.event(event)));
  }

  @Command(
      name = "quarantine",
      header = "Never offers a version again, on any channel of the app.",
      description = {
        "",
        "A rollout of it that is under way is rolled back. Refused where it is a channel's"
            + " baseline, unless forced: these channels fall back to what they served before.",
        "",
        "Example:",
        "  ./slipway rollout quarantine --app com.example.app --app-version 1.4.2 \\",
        "      --reason 'sends addresses in the clear'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Quarantine extends AboutApp {
    @Option(
        names = "--app-version",
        paramLabel = "VERSION",
        required = true,
        description = "Which.")
    Version version = Version.BUILTIN;

    @Option(names = "--force", description = "Even where it is the baseline.")
    boolean force;

    @Mixin final Reason reason = new Reason();

    Quarantine(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    protected Integer run() {
      Effects effects =
          rollout()
              .post(
                  appPath() + "/quarantine",
                  new QuarantineOrder(version, force, reason.text),
                  Effects.class);
      if (!asJson(effects)) {
        tell(surroundings, effects, version + " was quarantined already");
      }
      return 0;
    }
  }

  @Command(
      name = "halt-all",
      header = "Pauses every running rollout, of an app or of all apps.",
      description = {
        "",
        "Examples: ./slipway rollout halt-all --app com.example.app --reason 'payments are down'",
        "          ./slipway rollout halt-all --reason 'data centre outage'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class HaltAll extends Asking {
    @Option(
        names = "--app",
        paramLabel = "APP_ID",
        description = "Only this app's; all apps' unless given.")
    @Nullable AppId app;

    @Mixin final Reason reason = new Reason();

    HaltAll(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      Effects effects =
          rollout()
              .post(
                  app == null ? "/v1/halt" : "/v1/apps/" + app + "/halt",
                  new RolloutOrder(reason.text, null),
                  Effects.class);
      if (!asJson(effects)) tell(surroundings, effects, "No rollout was running");
      return 0;
    }
  }

  @Command(
      name = "retry-from",
      header = "Lets devices try again on which a version failed.",
      description = {
        "",
        "A device on which a version failed to start is not offered it again. Failures before the"
            + " instant are forgiven.",
        "",
        "Example:",
        "  ./slipway rollout retry-from --app com.example.app \\",
        "      --reason 'the API was down'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class RetryFrom extends AboutChannel {
    @Option(
        names = "--at",
        paramLabel = "INSTANT",
        description = "The instant, such as 2026-12-01T08:00:00Z; now unless given.")
    @Nullable Instant at;

    @Mixin final Reason reason = new Reason();

    RetryFrom(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    protected Integer run() {
      ChannelView view =
          rollout()
              .post(
                  channelPath() + "/retry-from",
                  new RolloutOrder(reason.text, null, at, null),
                  ChannelView.class);
      Instant from = view.retryFrom();
      if (!asJson(view) && from != null) {
        terminal().line("Failures before %s are forgiven".formatted(terminal().time(from)));
      }
      return 0;
    }
  }
}
