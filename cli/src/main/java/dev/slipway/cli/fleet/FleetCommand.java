package dev.slipway.cli.fleet;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.CapgoPublicKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.stack.StackFolder;
import dev.slipway.cli.term.Progress;
import dev.slipway.contracts.ChannelName;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Simulated devices.
@Command(
    name = "fleet",
    header = "Simulated devices, which speak the stock plugin's protocol.",
    subcommands = FleetCommand.Simulate.class,
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class FleetCommand {

  @Command(
      name = "simulate",
      header = "Runs a fleet of devices against the delivery service.",
      description = {
        "",
        "Each device checks, downloads, verifies and decrypts, switches, starts, reports and goes"
            + " back as the stock Capgo plugin does, in the order that was recorded from it. The"
            + " devices sit in different networks (127.a.b.c). Which device fails on which version"
            + " follows from the seed.",
        "",
        "Example:",
        "  ./slipway fleet simulate --app com.example.app --devices 3000 \\",
        "      --failure-rate 1.3.0=0.35 --for 2m",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Simulate implements Callable<Integer> {

    private static final Duration LOOK = Duration.ofMillis(200);

    /// How the fleet stood at the end.
    record Summary(long seed, Duration took, Books.Page books) {}

    @Option(
        names = "--app",
        paramLabel = "APP_ID",
        description = "The app. Environment: SLIPWAY_APP.")
    @Nullable AppId app;

    @Option(
        names = "--channel",
        paramLabel = "CHANNEL",
        description =
            "The channel that the app asks for; default: none, which gets it the open one.")
    @Nullable ChannelName channel;

    @Option(
        names = "--devices",
        paramLabel = "N",
        defaultValue = "1000",
        description = "How many; default: ${DEFAULT-VALUE}.")
    int devices;

    @Option(
        names = "--failure-rate",
        paramLabel = "[VERSION=]RATE",
        description =
            "The share of devices on which a version (or every other one) never becomes ready; default: 0. May be repeated.")
    List<String> failureRates = List.of();

    @Option(
        names = "--networks",
        paramLabel = "N",
        defaultValue = "40",
        description = "From how many networks; default: ${DEFAULT-VALUE}.")
    int networks;

    @Option(
        names = "--pace",
        paramLabel = "FACTOR",
        defaultValue = "20",
        description = "How many times faster than life; default: ${DEFAULT-VALUE}.")
    double pace;

    @Option(
        names = "--rest",
        paramLabel = "TIME",
        defaultValue = "4m",
        description =
            "How long a user leaves the app alone, in life's time; default: ${DEFAULT-VALUE}.")
    Duration rest = Duration.ofMinutes(4);

    @Option(
        names = "--for",
        paramLabel = "TIME",
        description = "How long, such as 90s or 5m; default: until Ctrl-C or --until-idle.")
    @Nullable Duration time;

    @Option(
        names = "--until-idle",
        description = "End when every device has checked twice and nothing has changed meanwhile.")
    boolean untilIdle;

    @Option(
        names = "--seed",
        paramLabel = "N",
        defaultValue = "1",
        description = "Draws who fails on what; default: ${DEFAULT-VALUE}.")
    long seed;

    @Option(
        names = "--native-version",
        paramLabel = "VERSION",
        defaultValue = "1.0.0",
        description = "What the app store delivered; default: ${DEFAULT-VALUE}.")
    String nativeVersion = "1.0.0";

    @Option(
        names = "--capgo-key",
        paramLabel = "FILE",
        description =
            "The app's public key, which opens what is offered (capgo.pub.pem of the app's keys). Environment: SLIPWAY_KEYS, or slipway-keys here; without a key nothing is opened.")
    @Nullable Path capgoKey;

    @Option(
        names = "--delivery-url",
        paramLabel = "URL",
        description =
            "The delivery service. Environment: SLIPWAY_DELIVERY_URL; default: that of the local stack.")
    @Nullable URI delivery;

    @Option(
        names = "--stack",
        paramLabel = "FOLDER",
        description =
            "The local stack. Environment: SLIPWAY_STACK; default: .slipway beside this program.")
    @Nullable Path folder;

    @Option(names = "--json", description = "The summary as JSON.")
    boolean json;

    private final Surroundings surroundings;

    Simulate(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
      var terminal = surroundings.terminal();
      var clock = surroundings.clock();
      Fleet.Plan plan = plan();
      Duration limit = time;
      terminal.note(
          "%,d devices in %d networks ask %s, %.0f times faster than life, seed %d%s"
              .formatted(
                  devices,
                  networks,
                  plan.delivery(),
                  pace,
                  seed,
                  plan.key() == null ? "; without a key, what they download is not opened" : ""));
      Instant began = clock.instant();
      Books.Page end;
      try (Fleet fleet = new Fleet(plan, clock);
          Progress progress = new Progress(terminal, clock)) {
        Thread hook = Thread.ofPlatform().unstarted(() -> summary(began, fleet.books().page()));
        Runtime.getRuntime().addShutdownHook(hook);
        fleet.start();
        var idle = new Idle(fleet.books());
        while (true) {
          Thread.sleep(LOOK);
          progress.show(new FleetText().line(fleet.books().page()));
          Duration ran = Duration.between(began, clock.instant());
          if (limit != null && ran.compareTo(limit) >= 0) break;
          if (untilIdle && idle.reached()) break;
        }
        Runtime.getRuntime().removeShutdownHook(hook);
        end = fleet.books().page();
      }
      summary(began, end);
      return 0;
    }

    private void summary(Instant began, Books.Page page) {
      var terminal = surroundings.terminal();
      Duration took = Duration.between(began, surroundings.clock().instant());
      if (json) terminal.json(new Summary(seed, took, page));
      else new FleetText().table(page).forEach(terminal::line);
    }

    private Fleet.Plan plan() throws IOException {
      AppId chosen =
          app != null
              ? app
              : surroundings
                  .variable("SLIPWAY_APP")
                  .map(AppId::of)
                  .orElseThrow(
                      () -> new CommandFailure("Which app? Name it with --app or SLIPWAY_APP"));
      try {
        return new Fleet.Plan(
            chosen,
            channel,
            delivery(),
            nativeVersion,
            devices,
            seed,
            networks,
            pace,
            Defects.parse(seed, failureRates),
            key(),
            rest);
      } catch (IllegalArgumentException e) {
        throw new CommandFailure("This fleet cannot be: " + e.getMessage(), e);
      }
    }

    private URI delivery() {
      if (delivery != null) return delivery;
      return surroundings
          .variable("SLIPWAY_DELIVERY_URL")
          .map(URI::create)
          .or(
              () ->
                  new StackFolder(folder == null ? surroundings.stackFolder() : folder).delivery())
          .orElseThrow(
              () ->
                  new CommandFailure(
                      "Where is the delivery service? Start the suite with ./slipway up, or name it"
                          + " with --delivery-url"));
    }

    private @Nullable CapgoPublicKey key() throws IOException {
      if (capgoKey != null) return CapgoPublicKey.parsePem(Files.readString(capgoKey));
      Path usual =
          surroundings
              .variable("SLIPWAY_KEYS")
              .map(Path::of)
              .orElseGet(() -> surroundings.here().resolve("slipway-keys"))
              .resolve("capgo.pub.pem");
      return Files.isReadable(usual) ? CapgoPublicKey.parsePem(Files.readString(usual)) : null;
    }
  }

  /// Whether a fleet has come to rest: two rounds of checks by every device in which nothing
  /// changed.
  static final class Idle {
    private final Books books;
    private long changes = -1;
    private int quiet;

    Idle(Books books) {
      this.books = books;
    }

    boolean reached() {
      Books.Page page = books.page();
      if (books.changes() != changes || page.undecided() > 0) {
        changes = books.changes();
        quiet = 0;
        books.newRound();
        return false;
      }
      if (page.checked() < page.devices()) return false;
      books.newRound();
      return ++quiet >= 2;
    }
  }
}
