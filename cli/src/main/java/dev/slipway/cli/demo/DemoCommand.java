package dev.slipway.cli.demo;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.stack.StackFolder;
import dev.slipway.cli.stack.Starter;
import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Service;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The main job of the suite, from end to end, on this machine.
@Command(
    name = "demo",
    header = "Shows the whole suite at work on this machine.",
    description = {
      "",
      "Starts Kafka, PostgreSQL, an S3 server and the four services in a folder of their own"
          + " (.slipway/demo; your own stack is not touched), seals and publishes three versions of"
          + " the sample app, and rolls them out to a simulated fleet that speaks the stock plugin's"
          + " protocol: the first at once, the second stage by stage, and then the third, which does"
          + " not start on every third device. It is caught and rolled back by the fleet's own"
          + " reports.",
      "",
      "Exit code 0 only if all of that really happened. Takes some two minutes.",
      "",
      "Example: ./slipway demo --devices 3000 --keep",
      ""
    },
    mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {

  private static final int INTERRUPTED = 130;
  private static final int LEAST_DEVICES = 1_000;
  private static final int MOST_DEVICES = 100_000;
  private static final double LEAST_RATE = 0.2;

  @Option(
      names = "--devices",
      paramLabel = "N",
      defaultValue = "3000",
      description = "How many devices; 1,000 at least, default: ${DEFAULT-VALUE}.")
  int devices;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "7",
      description = "Draws who fails; default: ${DEFAULT-VALUE}.")
  long seed;

  @Option(
      names = "--failure-rate",
      paramLabel = "RATE",
      defaultValue = "0.35",
      description =
          "The share of devices on which the third version fails; default: ${DEFAULT-VALUE}.")
  double failureRate;

  @Option(
      names = "--pace",
      paramLabel = "FACTOR",
      defaultValue = "20",
      description =
          "How many times faster than life the devices' users are; default: ${DEFAULT-VALUE}.")
  double pace;

  @Option(names = "--keep", description = "Leave the stack running, to look around.")
  boolean keep;

  @Option(names = "--json", description = "The summary as JSON.")
  boolean json;

  private final Surroundings surroundings;

  DemoCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (devices < LEAST_DEVICES || devices > MOST_DEVICES) {
      throw new CommandFailure("The demonstration wants 1,000 to 100,000 devices");
    }
    if (!(failureRate >= LEAST_RATE && failureRate <= 1)) {
      throw new CommandFailure("The third version should fail on 0.2 to 1 of the devices");
    }
    Path home = surroundings.stackFolder();
    Files.createDirectories(home);
    try (FileChannel channel =
            FileChannel.open(
                home.resolve("demo.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw new CommandFailure("Another demonstration is running in " + home.resolve("demo"));
      }
      return run(home);
    }
  }

  private int run(Path home) throws IOException, InterruptedException {
    Terminal terminal = surroundings.terminal();
    StackFolder folder = new StackFolder(home.resolve("demo"));
    Path programs = home.resolve("programs");
    clean(folder, programs);
    var stack = folder.stack(programs);
    Starter starter =
        new Starter(
            folder,
            stack,
            folder.suite(stack, surroundings.home()).onAnyPorts(),
            surroundings.clock());
    Ending ending = new Ending(starter, keep, terminal);
    Thread hook = Thread.ofPlatform().name("ending").unstarted(ending);
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      Demo.Outcome outcome =
          new Demo(
                  surroundings,
                  starter,
                  folder,
                  new Demo.Settings(devices, seed, failureRate, pace),
                  ending)
              .run();
      if (json) terminal.json(outcome);
      else new DemoText(terminal).summary(outcome).forEach(terminal::line);
      whereToLook(starter);
      return outcome.happened() ? 0 : 1;
    } catch (RuntimeException e) {
      // Whoever has enough of it knows why the services no longer answer.
      if (ending.hasBegun()) return INTERRUPTED;
      terminal.note("Logs are in " + folder.path().resolve("logs"));
      throw e;
    } finally {
      ending.run();
      removeHook(hook);
    }
  }

  private void whereToLook(Starter starter) {
    Terminal terminal = surroundings.terminal();
    List<String> lines = new java.util.ArrayList<>();
    lines.add(
        keep
            ? "Where to look on (stop it with ./slipway down --stack %s):"
                .formatted(starter.stack().folder())
            : "Where to look on, with --keep:");
    for (Service service : Service.values()) {
      String what =
          switch (service) {
            case ROLLOUT -> "/v1/apps/%s/channels/%s".formatted(Demo.APP, Demo.CHANNEL);
            case INGEST -> "/v1/apps/%s/bundles".formatted(Demo.APP);
            case DELIVERY -> "/updates, /stats";
            case TELEMETRY -> "/q/metrics";
          };
      lines.add(
          "  %-18s %s  %s".formatted(service.label(), starter.suite().address(service), what));
    }
    lines.add(
        "  %-18s %s  topics %s, %s, %s"
            .formatted(
                "kafka",
                starter.stack().endpoints().kafka(),
                Topics.ROLLOUT_EVENTS.name(),
                Topics.ROLLOUT_VERDICTS.name(),
                Topics.DEVICE_EVENTS.name()));
    lines.add("  %-18s in %s".formatted("owner's access key", starter.suite().firstKeyFile()));
    if (json) lines.forEach(terminal::note);
    else lines.forEach(terminal::line);
  }

  /// Starts from nothing: what an earlier demonstration left is stopped and removed.
  private static void clean(StackFolder folder, Path programs) throws IOException {
    if (folder.exists()) {
      var stack = folder.stack(programs);
      folder.suite(stack, stack.folder()).stop(_ -> {});
      stack.stop(_ -> {});
    }
    if (!Files.exists(folder.path())) return;
    try (Stream<Path> all = Files.walk(folder.path())) {
      all.sorted(Comparator.reverseOrder()).forEach(DemoCommand::delete);
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The process is ending already, and the hook with it.
      return;
    }
  }

  /// Ends what was begun, once: at the end, or when the user has enough.
  static final class Ending implements Runnable {
    private final Starter starter;
    private final boolean keep;
    private final Terminal terminal;
    private @Nullable AutoCloseable work;
    private volatile boolean done;

    Ending(Starter starter, boolean keep, Terminal terminal) {
      this.starter = starter;
      this.keep = keep;
      this.terminal = terminal;
    }

    boolean hasBegun() {
      return done;
    }

    /// To be closed first.
    synchronized void first(AutoCloseable closeable) {
      work = closeable;
    }

    @Override
    public synchronized void run() {
      if (done) return;
      done = true;
      if (work != null) {
        try {
          work.close();
        } catch (Exception e) {
          terminal.note("The fleet could not be ended: " + e);
        }
      }
      if (keep) return;
      terminal.note("Stopping the demonstration's stack …");
      starter.stop(_ -> {});
    }
  }
}
