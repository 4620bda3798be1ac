package dev.slipway.cli.rollout;

import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.StartRollout;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The plan of a rollout: which version, in which stages, for which devices, judged how.
public final class PlanOptions {

  @Spec(Spec.Target.MIXEE)
  @Nullable CommandSpec spec;

  @Option(
      names = "--app-version",
      paramLabel = "VERSION",
      required = true,
      description = "The published version.")
  Version version = Version.BUILTIN;

  @Option(
      names = "--stage",
      paramLabel = "EXPOSURE,HOLD,GATE",
      description =
          "A stage, such as 10%%,15m,evidence or '1000 devices,1h'; the gate is evidence, manual or"
              + " time. Repeat it, with rising exposures, the last one 100%%.")
  List<Stage> stages = List.of();

  @Option(
      names = "--where",
      paramLabel = "CONDITION",
      description =
          "Only devices of which this holds: platform=ios,android, native_version=5.0.0..6.0.0"
              + " (from.., ..below), os_version=13.., plugin_version=..9, custom_id=a,b or"
              + " attribute:country=fr. Repeat it: all must hold.")
  List<Condition> targeting = List.of();

  @ArgGroup(
      exclusive = false,
      heading = "%nHow it is judged; unless given, the shipped settings:%n")
  @Nullable Judgement judgement;

  /// The settings of the policy that fleets differ in most.
  static final class Judgement {
    @Option(
        names = "--base-rate",
        paramLabel = "RATE",
        defaultValue = "0.01",
        description = "The app's usual share of failed starts; default: ${DEFAULT-VALUE}.")
    double baseRate;

    @Option(
        names = "--tolerated",
        paramLabel = "RATE",
        description = "The share of failed starts that is still tolerated.")
    @Nullable Double tolerated;

    @Option(
        names = "--alpha",
        paramLabel = "RATE",
        defaultValue = "0.001",
        description =
            "Chance of ever rolling back a release that is no worse than tolerated; default: ${DEFAULT-VALUE}.")
    double alpha;

    @Option(
        names = "--beta",
        paramLabel = "RATE",
        defaultValue = "0.05",
        description = "Chance that a bad release passes the gate; default: ${DEFAULT-VALUE}.")
    double beta;

    @Option(
        names = "--min-attempts",
        paramLabel = "N",
        defaultValue = "300",
        description = "Roll back from so many attempts on; default: ${DEFAULT-VALUE}.")
    int minAttempts;

    @Option(
        names = "--min-failures",
        paramLabel = "N",
        defaultValue = "20",
        description = "And so many failures; default: ${DEFAULT-VALUE}.")
    int minFailures;

    @Option(
        names = "--min-networks",
        paramLabel = "N",
        defaultValue = "10",
        description =
            "From so many networks; default: ${DEFAULT-VALUE}. Lower figures are for small fleets that you trust.")
    int minNetworks;

    @Option(
        names = "--on-unhealthy",
        paramLabel = "ACTION",
        defaultValue = "ROLLBACK",
        description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    Policy.OnUnhealthy onUnhealthy = Policy.OnUnhealthy.ROLLBACK;

    @Option(
        names = "--quarantine",
        paramLabel = "WHEN",
        defaultValue = "CONFIRM",
        description =
            "Whether a version that the reports roll back is quarantined too:"
                + " ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    Policy.Quarantine quarantine = Policy.Quarantine.CONFIRM;

    @Option(
        names = "--decide-by",
        paramLabel = "TIME",
        description = "Ask a person after this time in a stage without an answer, such as 2d.")
    @Nullable Duration decideBy;

    @Option(
        names = "--min-soak",
        paramLabel = "TIME",
        defaultValue = "4h",
        description = "No stage above 10 %% opens earlier; default: ${DEFAULT-VALUE}.")
    Duration minSoak = Duration.ofHours(4);

    @Option(
        names = "--patience",
        paramLabel = "TIME",
        defaultValue = "1h",
        description = {
          "How long a condemned version is still offered to the devices of its open stage where these",
          "suffice for the least figures above; 0s pauses it at once. Default: ${DEFAULT-VALUE}."
        })
    Duration patience = Duration.ofHours(1);

    Policy policy() {
      return Policy.forBaseRate(baseRate, false)
          .with(
              asked -> {
                asked.alpha = alpha;
                asked.beta = beta;
                if (tolerated != null) asked.tolerated = tolerated;
                asked.minAttempts = minAttempts;
                asked.minFailures = minFailures;
                asked.minNetworks = minNetworks;
                asked.onUnhealthy = onUnhealthy;
                asked.minSoak = minSoak;
                asked.quarantine = quarantine;
                asked.decideBy = decideBy;
                asked.patience = patience;
              });
    }
  }

  /// What is sent.
  StartRollout plan(@Nullable Instant startAt, @Nullable Boolean supersede, String reason) {
    return new StartRollout(
        version,
        stages.isEmpty() ? null : stages,
        policy(),
        targeting.isEmpty() ? null : targeting,
        startAt,
        supersede,
        reason);
  }

  private @Nullable Policy policy() {
    try {
      return judgement == null ? null : judgement.policy();
    } catch (IllegalArgumentException e) {
      var message = "These settings cannot be: " + e.getMessage();
      if (spec == null) throw new CommandFailure(message, e);
      throw new ParameterException(spec.commandLine(), message, e);
    }
  }
}
