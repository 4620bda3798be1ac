package dev.slipway.cli.rollout;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// An order about one rollout: the one that is named, else the channel's.
abstract class OrderCommand extends AboutChannel {

  @Option(
      names = "--rollout",
      paramLabel = "ID",
      description = "Which one; the channel's unless given.")
  @Nullable RolloutId rollout;

  @Mixin final Reason reason = new Reason();

  @Option(
      names = "--epoch",
      paramLabel = "EPOCH",
      description =
          "The channel's epoch that you saw: refuses the order if something changed since.")
  @Nullable Long epoch;

  private final String verb;

  OrderCommand(Surroundings surroundings, String verb) {
    super(surroundings);
    this.verb = verb;
  }

  @Override
  protected Integer run() {
    RolloutId id = rollout == null ? atHand() : rollout;
    RolloutView after =
        rollout()
            .post("%s/rollouts/%s/%s".formatted(appPath(), id, verb), order(), RolloutView.class);
    if (asJson(after)) return 0;
    var text = new RolloutText(terminal());
    terminal().line(text.after(after));
    Instant startAt = after.startAt();
    if (startAt != null) terminal().line("It is to start at " + terminal().time(startAt));
    return 0;
  }

  @Override
  protected String about() {
    return rollout == null ? super.about() : "rollout %s of app %s".formatted(rollout, app());
  }

  RolloutOrder order() {
    return new RolloutOrder(reason.text, epoch);
  }

  /// The channel's active rollout, else its last one.
  RolloutId atHand() {
    RolloutView found = view().rollout();
    if (found == null) {
      throw new CommandFailure(
          "Channel %s has no rollout: ./slipway rollout start --help".formatted(channel));
    }
    return found.rolloutId();
  }

  /// An order about a rollout that has not started.
  abstract static class Planned extends OrderCommand {
    Planned(Surroundings surroundings, String verb) {
      super(surroundings, verb);
    }

    /// The newest that has not started; there may be no other.
    @Override
    RolloutId atHand() {
      Page<RolloutView> page =
          rollout()
              .get(
                  "%s/rollouts?channel=%s&limit=200".formatted(appPath(), channel),
                  new TypeReference<Page<RolloutView>>() {});
      var planned = page.items().stream().filter(it -> it.state().isPlanned()).toList();
      if (planned.size() == 1) return planned.getFirst().rolloutId();
      throw new CommandFailure(
          planned.isEmpty()
              ? nothingPlanned()
              : "Channel %s has %d rollouts that are still to start. Name one with --rollout: %s"
                  .formatted(
                      channel,
                      planned.size(),
                      String.join(
                          ", ",
                          planned.stream()
                              .map(it -> it.rolloutId() + " (" + it.version() + ")")
                              .toList())));
    }

    private String nothingPlanned() {
      RolloutView found = view().rollout();
      String none = "Channel %s has no rollout that is still to start".formatted(channel);
      if (found == null || !found.state().isActive()) {
        return none + ": ./slipway rollout draft --help";
      }
      return none
          + "; that of %s is under way: pause it, or take it back with ./slipway rollout rollback"
              .formatted(found.version());
    }
  }

  @Command(
      name = "submit",
      header = "Asks a second person to approve a draft.",
      description = {
        "",
        "Example:",
        "  ./slipway rollout submit --app com.example.app --reason 'ready for Tuesday'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Submit extends Planned {
    Submit(Surroundings surroundings) {
      super(surroundings, "submit");
    }
  }

  @Command(
      name = "approve",
      header = "Agrees to a rollout that somebody else submitted.",
      description = {
        "",
        "It starts at its time, or now. Who submitted it cannot approve it: another access key is"
            + " due (SLIPWAY_ACCESS_KEY).",
        "",
        "Example:",
        "  ./slipway rollout approve --app com.example.app --reason 'tested it myself'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Approve extends Planned {
    @Option(
        names = "--supersede",
        description = "In place of the rollout that is under way, if there is one.")
    boolean supersede;

    Approve(Surroundings surroundings) {
      super(surroundings, "approve");
    }

    @Override
    RolloutOrder order() {
      return new RolloutOrder(reason.text, epoch, null, supersede);
    }
  }

  @Command(
      name = "reject",
      header = "Does not agree: the rollout is a draft again.",
      description = {
        "",
        "Example:",
        "  ./slipway rollout reject --app com.example.app --reason 'not before Monday'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Reject extends Planned {
    Reject(Surroundings surroundings) {
      super(surroundings, "reject");
    }
  }

  @Command(
      name = "schedule",
      header = "Lets a draft start by itself at a time.",
      description = {
        "",
        "Example:",
        "  ./slipway rollout schedule --app com.example.app --at 2026-12-01T08:00:00Z \\",
        "      --reason 'after the holidays'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Schedule extends Planned {
    @Option(
        names = "--at",
        paramLabel = "INSTANT",
        required = true,
        description = "When, such as 2026-12-01T08:00:00Z.")
    Instant at = Instant.EPOCH;

    Schedule(Surroundings surroundings) {
      super(surroundings, "schedule");
    }

    @Override
    RolloutOrder order() {
      return new RolloutOrder(reason.text, epoch, at, null);
    }
  }

  @Command(
      name = "launch",
      header = "Starts a draft, or a scheduled rollout before its time.",
      description = {
        "",
        "Example: ./slipway rollout launch --app com.example.app --reason 'all set'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Launch extends Planned {
    @Option(
        names = "--supersede",
        description = "In place of the rollout that is under way, if there is one.")
    boolean supersede;

    Launch(Surroundings surroundings) {
      super(surroundings, "start");
    }

    @Override
    RolloutOrder order() {
      return new RolloutOrder(reason.text, epoch, null, supersede);
    }
  }

  @Command(
      name = "cancel",
      header = "Gives up a rollout that has not started.",
      description = {
        "",
        "Example: ./slipway rollout cancel --app com.example.app --reason 'not needed'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Cancel extends Planned {
    Cancel(Surroundings surroundings) {
      super(surroundings, "cancel");
    }
  }

  @Command(
      name = "pause",
      header = "Offers the version to nobody new.",
      description = {
        "",
        "Devices that run it keep it; resume goes on where it stood.",
        "",
        "Example:",
        "  ./slipway rollout pause --app com.example.app \\",
        "      --reason 'looking into a report'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Pause extends OrderCommand {
    Pause(Surroundings surroundings) {
      super(surroundings, "pause");
    }
  }

  @Command(
      name = "resume",
      header = "Goes on with a paused rollout.",
      description = {
        "",
        "What the fleet's reports paused is resumed in their face: they do not pause it for the"
            + " same cause again, but no stage opens by itself while they speak against it.",
        "",
        "Example: ./slipway rollout resume --app com.example.app --reason 'false alarm'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Resume extends OrderCommand {
    Resume(Surroundings surroundings) {
      super(surroundings, "resume");
    }
  }

  @Command(
      name = "advance",
      header = "Opens the next stage now.",
      description = {
        "",
        "Neither hold nor gate are waited for.",
        "",
        "Example: ./slipway rollout advance --app com.example.app --reason 'hotfix'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Advance extends OrderCommand {
    Advance(Surroundings surroundings) {
      super(surroundings, "advance");
    }
  }

  @Command(
      name = "complete",
      header = "Makes the version the baseline now.",
      description = {
        "",
        "Everybody is offered it, whatever stage it is in.",
        "",
        "Example: ./slipway rollout complete --app com.example.app --reason 'it is fine'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Complete extends OrderCommand {
    Complete(Surroundings surroundings) {
      super(surroundings, "complete");
    }
  }

  @Command(
      name = "rollback",
      header = "Takes the version back from everybody.",
      description = {
        "",
        "Every device on it is told to install the baseline at its next check. A complete rollout"
            + " can be rolled back too, while its version is the baseline.",
        "",
        "Example:",
        "  ./slipway rollout rollback --app com.example.app --reason 'broken checkout'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class RollBack extends OrderCommand {
    RollBack(Surroundings surroundings) {
      super(surroundings, "rollback");
    }
  }

  /// Whether a state is one that a person sees as over.
  static boolean isOver(RolloutState state) {
    return !state.isActive() && !state.isPlanned();
  }
}
