package dev.slipway.cli.rollout;

import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.telemetry.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// A channel and its rollout in words.
public final class RolloutText {

  private static final double HUGE = 1e6;

  private final Terminal terminal;

  public RolloutText(Terminal terminal) {
    this.terminal = terminal;
  }

  /// All of it, for `status`.
  public List<String> full(ChannelView channel) {
    List<String> lines = new ArrayList<>();
    lines.add(terminal.bold("%s, channel %s".formatted(channel.appId(), channel.channel())));
    lines.add("  baseline   " + channel.baseline());
    if (!channel.quarantined().isEmpty()) {
      lines.add("  quarantine " + joined(channel.quarantined()));
    }
    lines.add("  edges      " + edges(channel.edges()));
    Instant retryFrom = channel.retryFrom();
    if (retryFrom != null) {
      lines.add("  forgiven   failures before " + terminal.time(retryFrom));
    }
    RolloutView rollout = channel.rollout();
    if (rollout == null) lines.add("  rollout    none yet");
    else lines.addAll(rollout(rollout));
    for (var waiting : channel.waiting()) lines.add("  waiting    " + title(waiting));
    return lines;
  }

  /// One rollout.
  public List<String> rollout(RolloutView rollout) {
    List<String> lines = new ArrayList<>();
    Instant startedAt = rollout.startedAt();
    lines.add("  rollout    " + title(rollout));
    if (rollout.supersedes() != null) lines.add("  in place of " + rollout.supersedes());
    for (var condition : rollout.targeting()) {
      lines.add("  where      " + ConditionText.write(condition));
    }
    for (int i = 0; i < rollout.stages().size(); i++) {
      boolean now = startedAt != null && i == rollout.stage();
      boolean over = OrderCommand.isOver(rollout.state());
      String mark =
          startedAt != null && i < rollout.stage() ? "done" : now ? over ? "last" : "now " : "    ";
      lines.add(
          "    stage %d  %s  %s%s"
              .formatted(
                  i + 1,
                  mark,
                  StageText.write(rollout.stages().get(i)),
                  now && !rollout.exposure().equals(rollout.stages().get(i).exposure())
                      ? " (offered to " + rollout.exposure() + ")"
                      : ""));
    }
    if (rollout.full()) lines.add("  full       as many devices as it is meant for have tried it");
    Instant opens = rollout.opensNextAt();
    if (opens != null) lines.add("  next       by itself at " + terminal.time(opens));
    if (rollout.asksPerson()) {
      lines.add(
          "  "
              + terminal.yellow(
                  "asks       for a person's decision: advance, complete or rollback"));
    }
    lines.add("  because    " + cause(rollout.cause()));
    Verdict verdict = rollout.verdict();
    if (verdict == null) {
      lines.add("  verdict    none yet");
    } else {
      lines.add(
          "  verdict    %s, %s"
              .formatted(health(verdict.health()), terminal.time(verdict.decidedAt())));
      lines.add("             " + verdict.sentence());
      lines.add("             " + evidence(rollout, verdict));
      if (!verdict.exclusions().isEmpty()) {
        lines.add("             not counted, or not for all: " + leftOut(verdict));
      }
      if (verdict.shortfall() != null && rollout.state() == RolloutState.RUNNING) {
        lines.add("             " + lacking(verdict.shortfall()));
      }
    }
    return lines;
  }

  private String title(RolloutView rollout) {
    Instant startedAt = rollout.startedAt();
    Instant startAt = rollout.startAt();
    return "%s, %s (%s)%s"
        .formatted(
            rollout.version(),
            state(rollout.state()),
            rollout.rolloutId(),
            startedAt != null
                ? ", started " + terminal.time(startedAt)
                : startAt != null ? ", to start " + terminal.time(startAt) : "");
  }

  /// Devices by the reason for which they do not count.
  private static String leftOut(Verdict verdict) {
    return verdict.exclusions().entrySet().stream()
        .map(entry -> "%,d %s".formatted(entry.getValue(), entry.getKey().replace('-', ' ')))
        .collect(Collectors.joining(", "));
  }

  private static String lacking(Verdict.Shortfall lacking) {
    return "no stage opens; it is rolled back after %,d more attempts, %,d failures and %,d networks with failures of known devices, else paused"
        .formatted(lacking.attempts(), lacking.failures(), lacking.networks());
  }

  /// What came of an order, in a sentence.
  public String after(RolloutView rollout) {
    String is = "The rollout of %s is %s".formatted(rollout.version(), state(rollout.state()));
    return switch (rollout.state()) {
      case DRAFT, AWAITING_APPROVAL, SCHEDULED, CANCELLED, SUPERSEDED -> is;
      case RUNNING, PAUSED ->
          is
              + ", stage %d of %d, %s"
                  .formatted(rollout.stage() + 1, rollout.stages().size(), rollout.exposure());
      case COMPLETED -> is + ": everybody is offered it";
      case ROLLED_BACK -> is + ": devices on it go back to " + rollout.baseline();
    };
  }

  private static String joined(Set<Version> versions) {
    return versions.stream().sorted().map(Version::text).collect(Collectors.joining(", "));
  }

  /// One event of a channel's history.
  public String event(RolloutEvent event) {
    var subject = event.subject();
    String what =
        switch (event) {
          case RolloutEvent.ChannelOpened _ -> "opened";
          case RolloutEvent.ChannelRulesChanged _ -> "serves other devices";
          case RolloutEvent.ChannelDeleted _ -> "deleted";
          case RolloutEvent.RolloutDrafted _ -> "written down";
          case RolloutEvent.RolloutSubmitted _ -> "submitted for approval";
          case RolloutEvent.RolloutApproved _ -> "approved";
          case RolloutEvent.RolloutScheduled it -> "scheduled for " + terminal.time(it.startAt());
          case RolloutEvent.RolloutReturned it -> "a draft again: " + it.detail();
          case RolloutEvent.RolloutStarted it -> "started over " + it.baseline();
          case RolloutEvent.StageEntered it ->
              "stage %d, %s%s"
                  .formatted(
                      it.stage() + 1,
                      it.exposure(),
                      switch (it.opening()) {
                        case START, ORDER, TIME, EVIDENCE -> "";
                        case USED_UP -> ": all its devices had their try";
                        case SIZE_KNOWN -> ": the size of the fleet is known now";
                      });
          case RolloutEvent.StageFilled it -> "full after %,d devices".formatted(it.devices());
          case RolloutEvent.RolloutPaused _ -> "paused";
          case RolloutEvent.RolloutResumed _ -> "resumed";
          case RolloutEvent.RolloutCompleted _ -> "complete: the baseline now";
          case RolloutEvent.RolledBack it -> "rolled back to " + it.baseline();
          case RolloutEvent.RolloutCancelled _ -> "cancelled";
          case RolloutEvent.RolloutSuperseded it -> "superseded by " + it.successor();
          case RolloutEvent.VersionQuarantined _ -> "quarantined";
          case RolloutEvent.BaselineReplaced it ->
              "baseline is %s in place of %s".formatted(it.baseline(), it.previousBaseline());
          case RolloutEvent.RetryAllowed it ->
              "failures before %s are forgiven".formatted(terminal.time(it.retryFrom()));
          case RolloutEvent.AlertRaised it ->
              "alert %s: %s"
                  .formatted(
                      it.alert().name().toLowerCase(Locale.ROOT).replace('_', ' '), it.detail());
        };
    return "%s  %s%s  %s%s"
        .formatted(
            terminal.time(subject.at()),
            subject.channel(),
            subject.version() == null ? "" : " " + subject.version(),
            what,
            saysWhy(event) ? "" : ", because " + cause(event.cause()));
  }

  /// An alert's words are those of the verdict that raised it.
  private static boolean saysWhy(RolloutEvent event) {
    return event instanceof RolloutEvent.AlertRaised alert
        && alert.cause() instanceof Cause.Evidence(var verdict)
        && alert.detail().contains(verdict.sentence());
  }

  /// One line, for `watch`.
  public String line(ChannelView channel, Instant now) {
    RolloutView rollout = channel.rollout();
    String head =
        "%s  epoch %d  baseline %s"
            .formatted(terminal.clock(now), channel.epoch(), channel.baseline());
    if (rollout == null) return head + "  no rollout";
    Verdict verdict = rollout.verdict();
    return "%s  %s %s  stage %d/%d %s  %s  %s"
        .formatted(
            head,
            rollout.version(),
            state(rollout.state()),
            rollout.stage() + 1,
            rollout.stages().size(),
            rollout.exposure(),
            verdict == null ? "no verdict yet" : evidence(rollout, verdict),
            edges(channel.edges()));
  }

  /// Attempts, failures and what they prove.
  public String evidence(RolloutView rollout, Verdict verdict) {
    var counts = verdict.counts();
    return "attempts %,d  confirmed %,d  failed %,d  e-value %s of %s  gate %s of %s"
        .formatted(
            counts.attempts(),
            counts.confirmed(),
            counts.failures(),
            number(verdict.evidence()),
            number(1 / rollout.policy().alpha()),
            number(verdict.gate()),
            number(1 / rollout.policy().beta()));
  }

  public String state(RolloutState state) {
    return switch (state) {
      case DRAFT -> "a draft";
      case AWAITING_APPROVAL -> terminal.yellow("awaiting approval");
      case SCHEDULED -> "scheduled";
      case CANCELLED -> "cancelled";
      case SUPERSEDED -> "superseded";
      case RUNNING -> "running";
      case PAUSED -> terminal.yellow("paused");
      case COMPLETED -> terminal.green("completed");
      case ROLLED_BACK -> terminal.red("rolled back");
    };
  }

  private String health(Verdict.Health health) {
    return switch (health) {
      case INCIDENT -> terminal.red("incident");
      case UNHEALTHY -> terminal.red("unhealthy");
      case FETCH_FAILING -> terminal.yellow("fetch failing");
      case SILENT -> terminal.yellow("silent");
      case DEGRADED -> terminal.yellow("degraded");
      case HEALTHY -> terminal.green("healthy");
      case INCONCLUSIVE -> "inconclusive";
    };
  }

  static String edges(ChannelView.Edges edges) {
    String text = "%d of %d edges".formatted(edges.serving(), edges.live());
    Long millis = edges.millis();
    if (millis != null) text += ", %,d ms".formatted(millis);
    if (!edges.missing().isEmpty()) text += ", missing " + String.join(", ", edges.missing());
    return text;
  }

  /// Who or what brought a change about.
  public static String cause(Cause cause) {
    return switch (cause) {
      case Cause.Person(var key, var reason) -> "\"%s\" (access key %s)".formatted(reason, key);
      case Cause.Evidence(var verdict) -> "the fleet's reports: " + verdict.sentence();
      case Cause.Schedule() -> "it was time";
    };
  }

  /// An e-value for people: two digits that matter are enough.
  public static String number(double value) {
    if (Double.isNaN(value)) return "?";
    if (value >= HUGE) return String.format(Locale.ROOT, "%.0e", value);
    if (value >= 100) return String.format(Locale.ROOT, "%,.0f", value);
    if (value >= 1) return String.format(Locale.ROOT, "%.1f", value);
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
