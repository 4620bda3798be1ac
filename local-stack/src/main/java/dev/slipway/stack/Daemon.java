package dev.slipway.stack;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// A process that outlives the one that started it, known by its pid file.
///
/// The process itself writes the pid file before it becomes the program it is to run, so that there
/// is no moment at which it runs unknown, wherever its starter is killed. The file also names the
/// moment of the process's start: a pid that the system has given to another process since is
/// recognised as stale.
final class Daemon {

  /// How to run the program, and how to tell that it is ready.
  ///
  /// @param readyWithin how long the program may take until it answers
  /// @param attempts how often it is started if it ends before it is ready
  record Plan(
      List<String> command,
      Map<String, String> environment,
      Ready ready,
      Duration readyWithin,
      int attempts) {}

  /// Asks the program whether it is ready; an exception is taken as "not yet" and named if the time
  /// runs out. Whoever asks a port makes sure that it is this process that answers there: another
  /// one may have been quicker to take it.
  interface Ready {
    boolean check(ProcessHandle process) throws Exception;
  }

  /// Looks for free ports and makes a plan that uses them.
  interface Planner {
    Plan plan() throws IOException;
  }

  /// Where every program finds its own process id, which its starter knows it by.
  static final String OWN_PID = "SLIPWAY_PROCESS_ID";

  /// How a program is asked to end. PostgreSQL takes TERM as "when the last client has gone".
  enum Signal {
    TERM,
    INT,
    KILL
  }

  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration STOPS_WITHIN = Duration.ofSeconds(20);
  private static final int TAIL_LINES = 25;

  /// How often a program is given another port after it lost one.
  private static final int PORTS = 3;

  private static final String START_TIME_OF =
      "if [ -r /proc/$1/stat ]; then sed 's/.*) //' /proc/$1/stat | cut -d' ' -f20; else ps -o lstart= -p $1; fi";

  /// `$0` is the pid file, the arguments are the command. The pid file appears whole, by a rename.
  /// What the program writes is for its owner alone; the S3 server takes a file that others may
  /// read for a public object.
  private static final String WRITE_PID_AND_RUN =
      "start_time() { "
          + START_TIME_OF
          + "; }; printf '%s\\n%s\\n' $$ \"$(start_time $$)\" > \"$0.new\" && mv \"$0.new\" \"$0\" && umask 077 && export "
          + OWN_PID
          + "=$$ && exec \"$@\"";

  private final String name;
  private final Path pidFile;
  private final Path log;

  private final Duration stopsWithin;

  Daemon(Path folder, String name) {
    this(folder, name, STOPS_WITHIN);
  }

  Daemon(Path folder, String name, Duration stopsWithin) {
    this.name = name;
    this.stopsWithin = stopsWithin;
    this.pidFile = folder.resolve("run").resolve(name + ".pid");
    this.log = folder.resolve("logs").resolve(name + ".log");
  }

  String name() {
    return name;
  }

  Path log() {
    return log;
  }

  /// The process, if it runs.
  Optional<ProcessHandle> running() {
    try {
      List<String> lines = Files.readAllLines(pidFile, StandardCharsets.UTF_8);
      if (lines.size() < 2) {
        return Optional.empty();
      }
      return ProcessHandle.of(Long.parseLong(lines.get(0).strip()))
          .filter(ProcessHandle::isAlive)
          .filter(process -> startTime(process.pid()).equals(lines.get(1).strip()));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new StackFailure("The pid file " + pidFile + " can't be read", e);
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  /// Starts the program unless it runs, and returns when it is ready.
  void start(Plan plan, Consumer<String> progress) {
    Instant began = Instant.now();
    Optional<ProcessHandle> before = running();
    ProcessHandle process = before.orElseGet(() -> launch(plan));
    for (int attempt = 1; !awaitReady(process, plan, began); attempt++) {
      if (attempt == plan.attempts()) {
        throw new StackFailure("%s ended before it was ready. %s".formatted(name, endOfLog()));
      }
      pause();
      process = launch(plan);
    }
    progress.accept(
        before.isPresent()
            ? "%-18s runs already, process %d".formatted(name, process.pid())
            : "%-18s is ready after %.1f s, process %d"
                .formatted(
                    name,
                    Duration.between(began, Instant.now()).toMillis() / 1000.0,
                    process.pid()));
  }

  /// The same for a program that listens: if it ended and another process has a port of its plan,
  /// taken between the look for a free one and the program's own attempt, a new plan is made.
  ///
  /// @param lost whether somebody has a port of the plan while the program does not run
  void start(Planner planner, BooleanSupplier lost, Consumer<String> progress) {
    for (int attempt = 1; ; attempt++) {
      try {
        start(planner.plan(), progress);
        return;
      } catch (IOException e) {
        throw new StackFailure(name + " could not be prepared: " + e, e);
      } catch (StackFailure e) {
        if (attempt == PORTS || running().isPresent() || !lost.getAsBoolean()) {
          throw e;
        }
        progress.accept(
            "%-18s lost its port to another process, and takes another".formatted(name));
      }
    }
  }

  private ProcessHandle launch(Plan plan) {
    try {
      Files.createDirectories(parentOf(pidFile));
      Files.createDirectories(parentOf(log));
      Files.deleteIfExists(pidFile);
      if (Files.exists(log)) {
        Files.move(log, log.resolveSibling(name + ".log.1"), StandardCopyOption.REPLACE_EXISTING);
      }
      List<String> command = new ArrayList<>();
      if (onPath("setsid")) {
        // A session of its own: Ctrl-C in the starter's terminal is not meant for the stack.
        command.add("setsid");
      }
      command.addAll(List.of("/bin/sh", "-c", WRITE_PID_AND_RUN, pidFile.toString()));
      command.addAll(plan.command());
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().putAll(plan.environment());
      return builder.start().toHandle();
    } catch (IOException e) {
      throw new StackFailure(name + " could not be started: " + e.getMessage(), e);
    }
  }

  /// Returns false if the process ended instead.
  private boolean awaitReady(ProcessHandle process, Plan plan, Instant began) {
    Exception last = new TimeoutException("it never said that it is ready");
    while (Duration.between(began, Instant.now()).compareTo(plan.readyWithin()) < 0) {
      if (!process.isAlive()) {
        return false;
      }
      try {
        if (Files.exists(pidFile) && plan.ready().check(process)) {
          return true;
        }
        pause();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StackFailure("Interrupted while " + name + " was starting", e);
      } catch (Exception e) {
        last = e;
        pause();
      }
    }
    throw new StackFailure(
        "%s was not ready within %d s (%s). %s"
            .formatted(name, plan.readyWithin().toSeconds(), last.getMessage(), endOfLog()),
        last);
  }

  /// Asks the program to end, and ends it if it does not within 20 s.
  void stop(Signal signal, Consumer<String> progress) {
    Optional<ProcessHandle> process = running();
    if (process.isPresent()) {
      boolean forced = !end(process.get(), signal);
      progress.accept(
          forced ? "%-18s had to be killed".formatted(name) : "%-18s is stopped".formatted(name));
    }
    forget();
  }

  /// Ends the program and its children at once, as a crash of the machine would: nothing is
  /// flushed.
  void kill() {
    running()
        .ifPresent(
            process -> {
              List<ProcessHandle> children = process.descendants().toList();
              end(process, Signal.KILL);
              children.forEach(ProcessHandle::destroyForcibly);
              children.forEach(child -> endsWithin(child, STOPS_WITHIN));
            });
    forget();
  }

  private boolean end(ProcessHandle process, Signal signal) {
    List<ProcessHandle> children = process.descendants().toList();
    send(signal, process);
    if (endsWithin(process, stopsWithin)) {
      return true;
    }
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    if (!endsWithin(process, STOPS_WITHIN)) {
      throw new StackFailure("%s (process %d) can't be ended".formatted(name, process.pid()));
    }
    return false;
  }

  private static void send(Signal signal, ProcessHandle process) {
    switch (signal) {
      case TERM -> process.destroy();
      case KILL -> process.destroyForcibly();
      case INT -> run("kill", "-INT", Long.toString(process.pid()));
    }
  }

  private static boolean endsWithin(ProcessHandle process, Duration limit) {
    try {
      process.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException _) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("Waiting for a process can't fail", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StackFailure("Interrupted while waiting for a process to end", e);
    }
  }

  private void forget() {
    try {
      Files.deleteIfExists(pidFile);
    } catch (IOException e) {
      throw new StackFailure("The pid file " + pidFile + " can't be removed", e);
    }
  }

  ProcessStatus status(int port) {
    return new ProcessStatus(
        name,
        port,
        running()
            .map(
                process ->
                    new ProcessStatus.Running(
                        process.pid(), started(), ResidentMemory.of(process))));
  }

  /// The pid file is written at the start and never again.
  private Instant started() {
    try {
      return Files.getLastModifiedTime(pidFile).toInstant();
    } catch (IOException e) {
      throw new StackFailure("The pid file " + pidFile + " can't be read", e);
    }
  }

  /// The last lines of the log, introduced by where it is.
  String endOfLog() {
    try {
      List<String> lines =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      List<String> tail = lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size());
      return "The end of %s:%n%s".formatted(log, String.join(System.lineSeparator(), tail));
    } catch (NoSuchFileException _) {
      return "There is no log at " + log;
    } catch (IOException e) {
      return "Its log %s can't be read: %s".formatted(log, e.getMessage());
    }
  }

  private static String startTime(long pid) {
    return run("/bin/sh", "-c", START_TIME_OF, "start-time", Long.toString(pid)).strip();
  }

  /// Runs a short command and returns what it wrote. Its failure is an empty answer: the process it
  /// asks about may be gone.
  static String run(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/null"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return output;
    } catch (IOException e) {
      throw new StackFailure("Can't run " + command[0], e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StackFailure("Interrupted while running " + command[0], e);
    }
  }

  static boolean onPath(String program) {
    String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
    for (String folder : path.split(File.pathSeparator, -1)) {
      if (Files.isExecutable(Path.of(folder.isEmpty() ? "." : folder, program))) {
        return true;
      }
    }
    return false;
  }

  private static void pause() {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StackFailure("Interrupted while waiting for a process", e);
    }
  }

  private static Path parentOf(Path path) {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(path + " has no folder");
    }
    return parent;
  }
}
