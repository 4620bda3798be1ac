package dev.slipway.cli.demo;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Compat;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.SealRequest;
import dev.slipway.bundle.Sealer;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.bundle.AppCommand;
import dev.slipway.cli.fleet.Books;
import dev.slipway.cli.fleet.Defects;
import dev.slipway.cli.fleet.Fleet;
import dev.slipway.cli.http.Api;
import dev.slipway.cli.publish.BundlePublisher;
import dev.slipway.cli.publish.Patience;
import dev.slipway.cli.rollout.RolloutText;
import dev.slipway.cli.rollout.StageText;
import dev.slipway.cli.stack.StackFolder;
import dev.slipway.cli.stack.Starter;
import dev.slipway.cli.term.Progress;
import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RecordedEvent;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.StartRollout;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.stack.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The story of three versions: the first becomes the baseline, the second goes through its stages,
/// the third is broken and comes back. Nothing of it is staged: the demonstration gives orders to
/// the services and starts a fleet, and then only looks.
final class Demo {

  static final AppId APP = AppId.of("dev.slipway.samples.tides");
  static final ChannelName CHANNEL = new ChannelName("production");
  static final Version GOOD = Version.of("1.0.0");
  static final Version BETTER = Version.of("1.1.0");
  static final Version BROKEN = Version.of("1.2.0");

  private static final Map<Version, String> FOLDERS =
      Map.of(GOOD, "good", BETTER, "better", BROKEN, "broken");
  private static final String NATIVE_VERSION = "1.0.0";
  private static final int NETWORKS = 40;
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(150);
  private static final Duration REST = Duration.ofMinutes(4);
  private static final int DAYS_VALID = 30;
  private static final double NEARLY_ALL = 0.95;

  private static final List<Stage> AT_ONCE =
      List.of(new Stage(Exposure.ALL, Duration.ZERO, Stage.Gate.TIME));

  private static final List<Stage> STAGES =
      List.of(
          new Stage(Exposure.of("10 %"), Duration.ofSeconds(4), Stage.Gate.EVIDENCE),
          new Stage(Exposure.of("50 %"), Duration.ofSeconds(4), Stage.Gate.EVIDENCE),
          new Stage(Exposure.ALL, Duration.ofSeconds(4), Stage.Gate.EVIDENCE));

  /// For a small fleet that is trusted: few attempts are enough, and no time to soak. Below these
  /// figures a verdict would only pause, which ends the attempts, and the rest would be a person's.
  private static final Policy POLICY =
      Policy.forBaseRate(0.02, false)
          .with(
              policy -> {
                policy.tolerated = 0.05;
                policy.minAttempts = 15;
                policy.minFailures = 5;
                policy.minNetworks = 5;
                policy.minSoak = Duration.ZERO;
              });

  record Settings(int devices, long seed, double failureRate, double pace) {}

  /// Something that must have happened.
  record Check(String what, boolean holds, String found) {}

  /// All that the summary says.
  ///
  /// @param offered devices that were told to install the broken version
  /// @param started devices that switched to it
  /// @param failed of those, devices on which it never became ready
  /// @param hauledBack of those, devices on which it ran until they were told to go back
  /// @param attemptsAtVerdict counted by telemetry when it condemned the version
  /// @param edgesMillis from the verdict to the last delivery instance serving the old version
  /// @param backMillis from the rollback until the last device ran the good version again
  record Outcome(
      int devices,
      int offered,
      int started,
      int failed,
      int hauledBack,
      long attemptsAtVerdict,
      long failuresAtVerdict,
      double evidence,
      @Nullable Long edgesMillis,
      Duration caughtAfter,
      @Nullable Long backMillis,
      Duration stackReadyAfter,
      Duration took,
      List<Check> checks,
      Books.Page books) {

    boolean happened() {
      return checks.stream().allMatch(Check::holds);
    }
  }

  private final Surroundings surroundings;
  private final Terminal terminal;
  private final Clock clock;
  private final Starter starter;
  private final StackFolder folder;
  private final Settings settings;
  private final DemoCommand.Ending ending;
  private final DemoText text;
  private final List<Check> checks = new ArrayList<>();

  Demo(
      Surroundings surroundings,
      Starter starter,
      StackFolder folder,
      Settings settings,
      DemoCommand.Ending ending) {
    this.surroundings = surroundings;
    this.terminal = surroundings.terminal();
    this.clock = surroundings.clock();
    this.starter = starter;
    this.folder = folder;
    this.settings = settings;
    this.ending = ending;
    this.text = new DemoText(terminal);
  }

  Outcome run() throws IOException, InterruptedException {
    Instant began = clock.instant();
    step("Starting Kafka, PostgreSQL, S3 and the four services");
    Duration ready = starter.start(line -> terminal.note("  " + line));
    terminal.note("  ready after %.1f s".formatted(ready.toMillis() / 1000.0));

    Api rollout = api(Service.ROLLOUT);
    Api ingest = api(Service.INGEST);
    KeyRing keys = publish(rollout, ingest);

    Fleet fleet = fleet(keys);
    ending.first(fleet);
    try (Progress progress = new Progress(terminal, clock)) {
      var watch = new Watch(rollout, fleet.books(), progress);
      fleet.start();
      baseline(rollout, watch);
      stagedRollout(rollout, watch);
      Books.Page before = fleet.books().page();
      Instant started = clock.instant();
      ChannelView caught = brokenRollout(rollout, watch);
      Instant rolledBack = clock.instant();
      return outcome(fleet, watch, caught, before, began, ready, started, rolledBack);
    }
  }

  private KeyRing publish(Api rollout, Api ingest) throws IOException {
    step("Making keys, registering %s, sealing and publishing three versions".formatted(APP));
    Path keyFolder = folder.path().resolve("keys");
    KeyRing.generate(APP, new SecureRandom(), clock.instant(), Duration.ofDays(DAYS_VALID))
        .write(keyFolder);
    KeyRing keys = KeyRing.read(keyFolder);
    // One person shows it all, and trusts the fleet's few reports.
    var policy = AppPolicy.DEFAULT.with(AppPolicy.SecondPerson.NEVER);
    rollout.post(
        "/v1/apps", AppCommand.registration(keys, "Tide table", CHANNEL, policy), AppState.class);
    Path samples = surroundings.home().resolve("samples/web-app");
    Path bundles = Files.createDirectories(folder.path().resolve("bundles"));
    for (Version version : List.of(GOOD, BETTER, BROKEN)) {
      Path file = bundles.resolve(APP + "-" + version + ".slipway");
      new Sealer(keys, clock)
          .sealToContainer(
              new SealRequest(
                  samples.resolve(FOLDERS.getOrDefault(version, "")),
                  version.text(),
                  0,
                  new Compat(List.of("android", "ios"), null),
                  clock.instant().truncatedTo(ChronoUnit.SECONDS),
                  Map.of(),
                  true),
              file,
              (_, _) -> {});
      try (Container container = Container.open(file)) {
        var published =
            new BundlePublisher(ingest, Patience.ofProcess(), BundlePublisher.AT_ONCE)
                .publish(container.manifest(), container, (_, _) -> {});
        terminal.note(
            "  %s (samples/web-app/%s): sent %d parts, %s; already there %d"
                .formatted(
                    version,
                    FOLDERS.get(version),
                    published.sent().parts(),
                    Progress.bytes(published.sentBytes()),
                    published.there().parts()));
      }
    }
    return keys;
  }

  private Fleet fleet(KeyRing keys) {
    step(
        "%,d simulated devices in %d networks, %.0f times faster than life, seed %d"
            .formatted(settings.devices(), NETWORKS, settings.pace(), settings.seed()));
    return new Fleet(
        new Fleet.Plan(
            APP,
            CHANNEL,
            starter.suite().address(Service.DELIVERY),
            NATIVE_VERSION,
            settings.devices(),
            settings.seed(),
            NETWORKS,
            settings.pace(),
            new Defects(settings.seed(), Map.of(BROKEN.text(), settings.failureRate()), 0),
            keys.capgo().publicKey(),
            REST),
        clock);
  }

  private void baseline(Api rollout, Watch watch) throws InterruptedException {
    step("%s, which the app store delivered too, becomes the baseline at once".formatted(GOOD));
    start(rollout, GOOD, AT_ONCE, "first release");
    ChannelView view =
        watch.until(
            "the baseline is complete",
            channel -> hasState(channel, RolloutState.COMPLETED) && channel.baseline().equals(GOOD),
            _ -> true);
    check(
        "the first version is the baseline",
        view.baseline().equals(GOOD),
        "baseline " + view.baseline());
  }

  private void stagedRollout(Api rollout, Watch watch) throws InterruptedException {
    step("%s goes out in stages".formatted(BETTER));
    explainPlan();
    start(rollout, BETTER, STAGES, "metres or feet");
    ChannelView view =
        watch.until(
            BETTER + " is complete",
            channel ->
                hasState(channel, RolloutState.COMPLETED) && channel.baseline().equals(BETTER),
            _ -> true);
    List<RolloutEvent> events = events(rollout, view);
    // A stage whose devices were used up before its gate opened lets the next begin narrower.
    long stages =
        events.stream()
            .filter(RolloutEvent.StageEntered.class::isInstance)
            .map(event -> ((RolloutEvent.StageEntered) event).stage())
            .distinct()
            .count();
    check(
        "the second version went through all its stages until it was complete",
        stages == STAGES.size() && view.baseline().equals(BETTER),
        "%d stages entered, baseline %s".formatted(stages, view.baseline()));
    watch.until(
        "nearly all devices run " + BETTER,
        page -> page.of(BETTER.text()).running() >= page.devices() * NEARLY_ALL);
  }

  private ChannelView brokenRollout(Api rollout, Watch watch) throws InterruptedException {
    step(
        "%s goes out in the same stages; it does not start on %.0f %% of the devices"
            .formatted(BROKEN, settings.failureRate() * 100));
    start(rollout, BROKEN, STAGES, "remembers the unit");
    return watch.until(
        BROKEN + " has ended",
        channel ->
            (hasState(channel, RolloutState.ROLLED_BACK)
                    || hasState(channel, RolloutState.COMPLETED))
                && channel.edges().millis() != null,
        _ -> true);
  }

  private Outcome outcome(
      Fleet fleet,
      Watch watch,
      ChannelView caught,
      Books.Page before,
      Instant began,
      Duration ready,
      Instant started,
      Instant rolledBack)
      throws InterruptedException {
    step("Every device goes back to %s at its next check".formatted(BETTER));
    Books.Page end =
        watch.until(
            "all devices run " + BETTER + " again",
            page -> page.of(BETTER.text()).running() == page.devices() && page.undecided() == 0);
    Duration back = Duration.between(rolledBack, clock.instant());
    ChannelView last = watch.look();
    Books.Line broken = end.of(BROKEN.text());
    RolloutView rollout = caught.rollout();
    Verdict verdict =
        rollout != null && rollout.cause() instanceof Cause.Evidence(var evidence)
            ? evidence
            : null;

    check(
        "the broken version was rolled back, by the fleet's reports alone",
        rollout != null
            && rollout.version().equals(BROKEN)
            && rollout.state() == RolloutState.ROLLED_BACK
            && verdict != null,
        rollout == null ? "no rollout" : RolloutText.cause(rollout.cause()));
    check(
        "the channel offers the good version, and nothing else since",
        last.baseline().equals(BETTER) && last.epoch() == caught.epoch(),
        "baseline %s, epoch %d after %d".formatted(last.baseline(), last.epoch(), caught.epoch()));
    check(
        "every delivery instance serves it",
        last.edges().live() > 0
            && last.edges().serving() == last.edges().live()
            && caught.edges().millis() != null,
        "%d of %d".formatted(last.edges().serving(), last.edges().live()));
    check(
        "the services counted no attempt and no failure that the fleet did not make",
        verdict != null
            && verdict.counts().attempts() <= broken.installed()
            && verdict.counts().failures() <= broken.failed(),
        verdict == null
            ? "no verdict"
            : "%,d of %,d attempts, %,d of %,d failures"
                .formatted(
                    verdict.counts().attempts(),
                    broken.installed(),
                    verdict.counts().failures(),
                    broken.failed()));
    check(
        "most of the fleet never saw it",
        broken.offered() > 0 && broken.offered() < end.devices() / 2,
        "%,d of %,d devices were offered it".formatted(broken.offered(), end.devices()));
    check(
        "devices on which it ran were hauled back",
        broken.left() + broken.failed() >= broken.installed() && broken.running() == 0,
        "%,d hauled back, %,d gave it up, %,d still on it"
            .formatted(broken.left(), broken.failed(), broken.running()));
    check(
        "every device runs the good version again",
        end.of(BETTER.text()).running() == end.devices(),
        "%,d of %,d".formatted(end.of(BETTER.text()).running(), end.devices()));
    check(
        "every download was verified and opened with the app's key",
        end.corrupt() == 0 && end.downloads() >= before.devices() * NEARLY_ALL,
        "%,d downloads, %,d corrupt".formatted(end.downloads(), end.corrupt()));

    fleet.close();
    return new Outcome(
        end.devices(),
        broken.offered(),
        broken.installed(),
        broken.failed(),
        broken.left(),
        verdict == null ? 0 : verdict.counts().attempts(),
        verdict == null ? 0 : verdict.counts().failures(),
        verdict == null ? 0 : verdict.evidence(),
        caught.edges().millis(),
        Duration.between(started, rolledBack),
        end.of(BETTER.text()).running() == end.devices() ? back.toMillis() : null,
        ready,
        Duration.between(began, clock.instant()),
        List.copyOf(checks),
        end);
  }

  private void explainPlan() {
    terminal.note(
        "  a plan for this demonstration: short holds, and a policy for a small fleet that is trusted:");
    for (Stage stage : STAGES) terminal.note("    " + StageText.write(stage));
    terminal.note(
        "    tolerates %.0f %% failed starts; condemns at e-value %s, from %d attempts, %d failures and %d networks on"
            .formatted(
                POLICY.tolerated() * 100,
                RolloutText.number(1 / POLICY.alpha()),
                POLICY.minAttempts(),
                POLICY.minFailures(),
                POLICY.minNetworks()));
  }

  private static void start(Api rollout, Version version, List<Stage> stages, String reason) {
    rollout.post(
        channelPath() + "/rollouts",
        new StartRollout(version, stages, POLICY, reason),
        RolloutView.class);
  }

  private static List<RolloutEvent> events(Api rollout, ChannelView channel) {
    RolloutView of = channel.rollout();
    if (of == null) return List.of();
    List<RolloutEvent> events = new ArrayList<>();
    String after = "0";
    while (after != null) {
      Page<RecordedEvent> page =
          rollout.get(
              channelPath() + "/events?limit=100&after=" + after,
              new TypeReference<Page<RecordedEvent>>() {});
      page.items().forEach(recorded -> events.add(recorded.event()));
      after = page.next();
    }
    return events.stream()
        .filter(event -> of.rolloutId().equals(event.subject().rolloutId()))
        .toList();
  }

  private Api api(Service service) {
    String key =
        folder
            .ownerKey()
            .orElseThrow(
                () ->
                    new CommandFailure(
                        "The rollout service has written no owner's access key to "
                            + starter.suite().firstKeyFile()));
    return new Api(service.label(), starter.suite().address(service), key, surroundings.http());
  }

  private static String channelPath() {
    return "/v1/apps/%s/channels/%s".formatted(APP, CHANNEL);
  }

  private static boolean hasState(ChannelView channel, RolloutState state) {
    RolloutView rollout = channel.rollout();
    return rollout != null && rollout.state() == state;
  }

  private void check(String what, boolean holds, String found) {
    checks.add(new Check(what, holds, found));
  }

  private void step(String what) {
    terminal.note("");
    terminal.note(terminal.bold("%s  %s".formatted(terminal.clock(clock.instant()), what)));
  }

  /// Looks at the channel and at the fleet, and shows what has changed.
  private final class Watch {
    private final Api rollout;
    private final Books books;
    private final Progress progress;
    private String told = "";

    Watch(Api rollout, Books books, Progress progress) {
      this.rollout = rollout;
      this.books = books;
      this.progress = progress;
    }

    ChannelView look() {
      return rollout.get(channelPath(), ChannelView.class);
    }

    /// Waits until both hold, and returns the channel as it is then.
    ChannelView until(
        String what, Predicate<ChannelView> channelHolds, Predicate<Books.Page> fleetHolds)
        throws InterruptedException {
      Instant end = clock.instant().plus(PATIENCE);
      while (true) {
        ChannelView channel = look();
        Books.Page page = books.page();
        show(channel, page);
        if (channelHolds.test(channel) && fleetHolds.test(page)) {
          progress.close();
          return channel;
        }
        if (clock.instant().isAfter(end)) throw impatient(what, channel, page);
        Thread.sleep(LOOK);
      }
    }

    /// Waits until the fleet is so, or no longer; the caller checks.
    Books.Page until(String what, Predicate<Books.Page> holds) throws InterruptedException {
      Instant end = clock.instant().plus(PATIENCE);
      while (true) {
        Books.Page page = books.page();
        show(look(), page);
        if (holds.test(page)) {
          progress.close();
          return page;
        }
        if (clock.instant().isAfter(end)) {
          progress.note(terminal.red("  waited in vain until " + what));
          return page;
        }
        Thread.sleep(LOOK);
      }
    }

    private void show(ChannelView channel, Books.Page page) {
      String news = text.news(channel);
      if (!news.equals(told)) {
        told = news;
        if (!news.isEmpty()) progress.note("  " + terminal.clock(clock.instant()) + "  " + news);
      }
      progress.show("  " + text.live(channel, page));
    }

    private CommandFailure impatient(String what, ChannelView channel, Books.Page page) {
      return new CommandFailure(
          "Waited %d s in vain until %s.%n  %s%n  %s"
              .formatted(
                  PATIENCE.toSeconds(),
                  what,
                  String.join(
                      System.lineSeparator() + "  ", new RolloutText(terminal).full(channel)),
                  String.join(
                      System.lineSeparator() + "  ",
                      new dev.slipway.cli.fleet.FleetText().table(page))));
    }
  }
}
