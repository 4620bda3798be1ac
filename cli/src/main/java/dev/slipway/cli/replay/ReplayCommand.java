package dev.slipway.cli.replay;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.term.Progress;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.Policy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "replay",
    header = "Judges a rollout again from what its devices reported.",
    description = {
      "",
      "Reads the rollout's deltas from Kafka in the order of the log, judges them once more on this"
          + " machine and says whether each verdict that is on record comes out again, down to the last"
          + " bit. With other settings it shows besides what these would have said, and when. Nothing is"
          + " changed. Deltas are kept for 90 days.",
      "",
      "Examples:",
      "  ./slipway replay 01234567-89ab-cdef-0123-456789abcdef --chart evidence.svg",
      "  ./slipway replay 01234567-89ab-cdef-0123-456789abcdef --alpha 0.01%% --p0 3%%",
      "  ./slipway replay --all-last 20 --bootstrap kafka.example.com:9093 \\",
      "      --kafka-config tls.properties",
      "",
      "Exit code 1 if a verdict on record does not come out again.",
      ""
    },
    mixinStandardHelpOptions = true)
public final class ReplayCommand implements Callable<Integer> {

  private static final int MOST_ROLLOUTS = 500;

  @Parameters(paramLabel = "ROLLOUT", arity = "0..1", description = "The rollout's id.")
  @Nullable RolloutId rollout;

  @Option(
      names = "--all-last",
      paramLabel = "N",
      description = "The N rollouts that started last, whatever their app; a row for each.")
  @Nullable Integer allLast;

  @Option(
      names = "--alpha",
      paramLabel = "SHARE",
      converter = Share.class,
      description = "Asks: with this chance of ever condemning a tolerable release? At most 10%%.")
  @Nullable Double alpha;

  @Option(
      names = "--p0",
      paramLabel = "SHARE",
      converter = Share.class,
      description = "Asks: with this share of failing starts tolerated? At most 35%%.")
  @Nullable Double tolerated;

  @Option(
      names = "--beta",
      paramLabel = "SHARE",
      converter = Share.class,
      description = "Asks: with this chance that a bad release passes the gate? At most 50%%.")
  @Nullable Double beta;

  @Option(
      names = "--min-attempts",
      paramLabel = "N",
      description = "Asks: if anonymous reports rolled back from so many attempts on?")
  @Nullable Integer minAttempts;

  @Option(
      names = "--min-failures",
      paramLabel = "N",
      description = "Asks: if anonymous reports rolled back from so many failures on?")
  @Nullable Integer minFailures;

  @Option(
      names = "--min-networks",
      paramLabel = "N",
      description = "Asks: if anonymous reports rolled back from so many networks on?")
  @Nullable Integer minNetworks;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "Asks: if only what was counted from then on were known?")
  @Nullable Instant from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      description = "Asks: if only what was counted before were known?")
  @Nullable Instant to;

  @Option(
      names = "--chart",
      paramLabel = "FILE",
      description = "Draws the evidence over the attempts into this SVG file.")
  @Nullable Path chart;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description =
          "Kafka's brokers. Environment: SLIPWAY_KAFKA; default: those of the local stack.")
  @Nullable String bootstrap;

  @Option(
      names = "--kafka-config",
      paramLabel = "FILE",
      description =
          "Settings of a Kafka client as a properties file, such as security.protocol and its keys."
              + " Environment: SLIPWAY_KAFKA_CONFIG.")
  @Nullable Path kafkaConfig;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Connection connection;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command
  CommandSpec spec;

  private final Surroundings surroundings;

  ReplayCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  @Override
  public Integer call() throws IOException {
    check();
    List<ReplayReport> reports = reports();
    var terminal = surroundings.terminal();
    var text = new ReplayText(terminal);
    if (chart != null) Files.writeString(chart, Chart.svg(reports.getFirst()));
    if (json) {
      terminal.json(rollout == null ? reports : reports.getFirst());
    } else if (rollout == null) {
      if (reports.isEmpty()) terminal.line("No rollout started within the last year");
      else text.rollouts(reports).forEach(terminal::line);
    } else {
      text.rollout(reports.getFirst()).forEach(terminal::line);
      if (chart != null) terminal.line("  chart     " + chart);
    }
    return reports.stream().allMatch(ReplayReport::match) ? 0 : 1;
  }

  private void check() {
    if ((rollout == null) == (allLast == null)) {
      throw misunderstood("name a rollout, or --all-last and a number");
    }
    if (allLast != null && (allLast < 1 || allLast > MOST_ROLLOUTS)) {
      throw misunderstood("--all-last takes a number from 1 to " + MOST_ROLLOUTS);
    }
    if (chart != null && rollout == null) {
      throw misunderstood("--chart draws one rollout: name it");
    }
    if (from != null && to != null && !from.isBefore(to)) {
      throw misunderstood("--from is before --to");
    }
  }

  private ParameterException misunderstood(String why) {
    return new ParameterException(spec.commandLine(), why);
  }

  private List<ReplayReport> reports() throws IOException {
    var terminal = surroundings.terminal();
    try (var progress = new Progress(terminal, surroundings.clock());
        var log = new TopicLog(brokers(), settings(), progress)) {
      var archive = new Archive(log);
      List<Recorded> found =
          rollout == null
              ? archive.last(allLast == null ? 1 : allLast)
              : List.of(archive.rollout(rollout));
      if (found.isEmpty()) return List.of();
      var runs = new HashMap<RolloutId, Rerun>();
      for (var recorded : found) {
        runs.put(recorded.rolloutId(), new Rerun(recorded, asked(recorded.policy()), from, to));
      }
      var wholeSince =
          archive.deltas(
              found,
              (delta, partition, offset) -> {
                var run = runs.get(delta.rolloutId());
                if (run != null) run.add(delta, partition, offset);
              });
      var reports = new ArrayList<ReplayReport>();
      for (var recorded : found) {
        var run = runs.get(recorded.rolloutId());
        if (run != null) reports.add(ReplayReport.of(run, wholeSince));
      }
      return reports;
    }
  }

  private @Nullable Policy asked(Policy own) {
    boolean nothing =
        alpha == null
            && tolerated == null
            && beta == null
            && minAttempts == null
            && minFailures == null
            && minNetworks == null
            && from == null
            && to == null;
    if (nothing) return null;
    try {
      return own.with(
          asked -> {
            if (alpha != null) asked.alpha = alpha;
            if (beta != null) asked.beta = beta;
            if (tolerated != null) asked.tolerated = tolerated;
            if (minAttempts != null) asked.minAttempts = minAttempts;
            if (minFailures != null) asked.minFailures = minFailures;
            if (minNetworks != null) asked.minNetworks = minNetworks;
          });
    } catch (IllegalArgumentException e) {
      throw misunderstood(
          "no rollout can have these settings: %s (the app's usual rate is %s)"
              .formatted(e.getMessage(), ReplayText.percent(own.baseRate())));
    }
  }

  private String brokers() {
    if (bootstrap != null) return bootstrap;
    var named = surroundings.variable("SLIPWAY_KAFKA");
    if (named.isPresent()) return named.get();
    var stack = connection.stack();
    if (stack.exists()) return stack.stack().endpoints().kafka();
    throw new CommandFailure(
        "Where is Kafka? Start the suite on this machine with ./slipway up, or name the brokers with"
            + " --bootstrap or SLIPWAY_KAFKA");
  }

  private Map<String, String> settings() throws IOException {
    Path file =
        kafkaConfig == null
            ? surroundings.variable("SLIPWAY_KAFKA_CONFIG").map(Path::of).orElse(null)
            : kafkaConfig;
    if (file == null) return Map.of();
    var properties = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      properties.load(in);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("%s is no properties file: %s".formatted(file, e.getMessage()), e);
    }
    var all = new HashMap<String, String>();
    properties.stringPropertyNames().forEach(name -> all.put(name, properties.getProperty(name)));
    return all;
  }
}
