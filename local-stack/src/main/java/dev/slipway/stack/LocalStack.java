package dev.slipway.stack;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Kafka, PostgreSQL and an S3 server on this machine: real ones, without containers, reachable on
/// the loopback address only.
///
/// Each is a process that goes on when this one ends. Data, logs, ports and keys stay in one
/// folder, and so does what is known of the processes: any process that opens the folder can stop
/// what another one started, also after that one was killed. Starting what runs and stopping what
/// does not are no-ops. Two processes that start or stop on the same folder wait for each other.
public final class LocalStack {

  private static final Object IN_THIS_PROCESS = new Object();

  private final Path folder;
  private final Settings settings;
  private final Kafka kafka;
  private final Postgres postgres;
  private final S3 s3;
  private final Map<Part, Daemon> daemons = new EnumMap<>(Part.class);

  private LocalStack(Path folder, Path programs) {
    this.folder = folder;
    this.settings = new Settings(folder.resolve("stack.properties"));
    Program program = new Program(programs);
    this.kafka = new Kafka(folder, program, settings);
    this.postgres = new Postgres(folder, program, settings);
    this.s3 = new S3(folder, program, settings);
    for (Part part : Part.values()) {
      daemons.put(part, new Daemon(folder, part.label()));
    }
  }

  /// The stack that lives in this folder. Nothing is started; a folder that is not there is made.
  public static LocalStack at(Path folder) {
    return at(folder, folder.resolve("programs"));
  }

  /// @param programs where the programs are unpacked; stacks may share it
  public static LocalStack at(Path folder, Path programs) {
    Path absolute = folder.toAbsolutePath().normalize();
    try {
      if (!Files.isDirectory(absolute)) {
        Files.createDirectories(
            absolute,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
    } catch (IOException e) {
      throw new StackFailure("The folder " + absolute + " can't be made", e);
    }
    return new LocalStack(absolute, programs.toAbsolutePath().normalize());
  }

  public Path folder() {
    return folder;
  }

  /// Starts what does not run yet, all at once, and returns when all are ready.
  ///
  /// @param progress told in a few words what happened; from several threads
  public void start(Consumer<String> progress) {
    locked(
        () -> AtOnce.forEach(Arrays.asList(Part.values()), part -> startUnlocked(part, progress)));
  }

  /// Starts one part unless it runs, on the port and with the data that it had.
  public void start(Part part, Consumer<String> progress) {
    locked(() -> startUnlocked(part, progress));
  }

  /// Stops all parts; data stays.
  public void stop(Consumer<String> progress) {
    locked(
        () -> AtOnce.forEach(Arrays.asList(Part.values()), part -> stopUnlocked(part, progress)));
  }

  /// Stops one part; data stays.
  public void stop(Part part, Consumer<String> progress) {
    locked(() -> stopUnlocked(part, progress));
  }

  /// Ends one part as a crash would.
  public void kill(Part part) {
    locked(() -> daemon(part).kill());
  }

  /// Ends all parts, hard, once the given process has ended, however it ended: for tests, whose
  /// stack is nobody's any more when their JVM is gone. A small watching process does it.
  public void endWith(ProcessHandle owner) {
    List<String> command = new ArrayList<>();
    if (Daemon.onPath("setsid")) {
      command.add("setsid");
    }
    command.addAll(
        List.of(
            "/bin/sh",
            "-c",
            "while kill -0 $1 2>/dev/null && [ -d \"$2\" ]; do sleep 1; done;"
                + " for f in \"$2\"/*.pid; do [ -r \"$f\" ] && kill -9 $(head -n 1 \"$f\") && rm -f \"$f\"; done",
            "end-with",
            Long.toString(owner.pid()),
            folder.resolve("run").toString()));
    try {
      Files.createDirectories(folder.resolve("run"));
      new ProcessBuilder(command)
          .redirectInput(new File("/dev/null"))
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new StackFailure("The watching process could not be started", e);
    }
  }

  /// Ends all parts at once and deletes the folder with its data.
  public void remove() {
    for (Part part : Part.values()) {
      kill(part);
    }
    try {
      Program.Folders.delete(folder);
    } catch (IOException e) {
      throw new StackFailure("The folder " + folder + " can't be deleted", e);
    }
  }

  /// A line per part.
  public List<ProcessStatus> status() {
    return Arrays.stream(Part.values()).map(part -> daemon(part).status(port(part))).toList();
  }

  /// Whether all parts run.
  public boolean isRunning() {
    return daemons.values().stream().allMatch(daemon -> daemon.running().isPresent());
  }

  /// Settings that live as long as the stack's data.
  Settings settings() {
    return settings;
  }

  /// Where the parts answer, once they run.
  public Endpoints endpoints() {
    return new Endpoints(
        kafka.bootstrap(),
        postgres.jdbcUrl(),
        postgres.reactiveUrl(),
        Postgres.USER,
        postgres.password(),
        s3.endpoint(),
        s3.accessKey(),
        s3.secretKey(),
        S3.BUCKET);
  }

  /// Where a part writes what it does.
  public Path log(Part part) {
    return daemon(part).log();
  }

  private void startUnlocked(Part part, Consumer<String> progress) {
    Daemon daemon = daemon(part);
    daemon.start(
        () -> {
          boolean runs = daemon.running().isPresent();
          return switch (part) {
            case KAFKA -> kafka.plan(runs);
            case POSTGRES -> postgres.plan(runs);
            case S3 -> s3.plan(runs);
          };
        },
        () ->
            switch (part) {
              case KAFKA -> kafka.lostPort();
              case POSTGRES, S3 -> !Ports.isFree(port(part));
            },
        progress);
  }

  private void stopUnlocked(Part part, Consumer<String> progress) {
    daemon(part)
        .stop(
            switch (part) {
              case KAFKA, S3 -> Daemon.Signal.TERM;
              case POSTGRES -> Daemon.Signal.INT;
            },
            progress);
  }

  private int port(Part part) {
    return switch (part) {
      case KAFKA -> kafka.port();
      case POSTGRES -> postgres.port();
      case S3 -> s3.port();
    };
  }

  private Daemon daemon(Part part) {
    Daemon daemon = daemons.get(part);
    if (daemon == null) {
      throw new IllegalStateException("Every part has its process: " + part);
    }
    return daemon;
  }

  /// One starter or stopper at a time, across processes by the file and within this one by the
  /// monitor.
  void locked(Runnable action) {
    synchronized (IN_THIS_PROCESS) {
      lockedAgainstOthers(action);
    }
  }

  private void lockedAgainstOthers(Runnable action) {
    try (FileChannel channel =
            FileChannel.open(
                folder.resolve("stack.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      action.run();
    } catch (IOException e) {
      throw new StackFailure("The folder " + folder + " can't be locked", e);
    }
  }
}
