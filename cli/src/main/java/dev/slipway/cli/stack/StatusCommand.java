package dev.slipway.cli.stack;

import dev.slipway.cli.Surroundings;
import dev.slipway.cli.http.Api;
import dev.slipway.cli.term.Progress;
import dev.slipway.stack.ProcessStatus;
import dev.slipway.stack.Service;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "status",
    header = "What of the suite runs on this machine.",
    description = {
      "",
      "Processes with their memory, the services' own word on their health, and how long the last"
          + " start took. Exit code 0 if all of it runs and is ready, else 1.",
      "",
      "Example: ./slipway status --json",
      ""
    },
    mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /// One process.
  ///
  /// @param health `ready`, `not ready` or `down`
  record Line(
      String name,
      @Nullable Long pid,
      int port,
      @Nullable Long residentBytes,
      @Nullable Instant since,
      String health) {}

  record Status(
      List<Line> processes,
      long residentBytes,
      boolean ready,
      @Nullable Instant lastStartAt,
      @Nullable Duration lastStartTook) {}

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Where where;
  private final Surroundings surroundings;

  StatusCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.where = new Where(surroundings);
  }

  @Override
  public Integer call() {
    var terminal = surroundings.terminal();
    StackFolder folder = where.folder();
    if (!folder.exists()) {
      if (json) terminal.json(new Status(List.of(), 0, false, null, null));
      else
        terminal.line(
            "Nothing runs: there is no stack in "
                + folder.path()
                + ". Start it with: ./slipway up");
      return 1;
    }
    Status status = status(folder);
    if (json) terminal.json(status);
    else show(status);
    return status.ready() ? 0 : 1;
  }

  private Status status(StackFolder folder) {
    Starter starter = where.starter();
    List<Line> lines = new ArrayList<>();
    for (ProcessStatus process : starter.stack().status()) {
      lines.add(line(process, process.running().isPresent() ? "ready" : "down"));
    }
    for (ProcessStatus process : starter.suite().status()) {
      lines.add(line(process, health(starter, process)));
    }
    var last = folder.lastStart();
    return new Status(
        lines,
        lines.stream()
            .mapToLong(line -> line.residentBytes() == null ? 0 : line.residentBytes())
            .sum(),
        lines.stream().allMatch(line -> line.health().equals("ready")),
        last.map(StackFolder.LastStart::at).orElse(null),
        last.map(StackFolder.LastStart::took).orElse(null));
  }

  private String health(Starter starter, ProcessStatus process) {
    if (process.running().isEmpty()) return "down";
    for (Service service : Service.values()) {
      if (!service.label().equals(process.name())) continue;
      int status =
          new Api(service.label(), starter.suite().address(service), null, surroundings.http())
              .status("/q/health/ready", PATIENCE);
      return status == 200 ? "ready" : "not ready";
    }
    return "ready";
  }

  private static Line line(ProcessStatus process, String health) {
    var running = process.running();
    return new Line(
        process.name(),
        running.map(ProcessStatus.Running::pid).orElse(null),
        process.port(),
        running.map(ProcessStatus.Running::residentBytes).orElse(null),
        running.map(ProcessStatus.Running::since).orElse(null),
        health);
  }

  private void show(Status status) {
    var terminal = surroundings.terminal();
    terminal.line(
        terminal.bold(
            "%-18s %8s %6s %11s  %-19s  %s"
                .formatted("process", "pid", "port", "memory", "since", "health")));
    for (Line line : status.processes()) {
      Long pid = line.pid();
      Long resident = line.residentBytes();
      Instant since = line.since();
      terminal.line(
          "%-18s %8s %6d %11s  %-19s  %s"
              .formatted(
                  line.name(),
                  pid == null ? "-" : pid,
                  line.port(),
                  resident == null ? "-" : Progress.bytes(resident),
                  since == null ? "-" : terminal.time(since),
                  line.health().equals("ready")
                      ? terminal.green(line.health())
                      : terminal.red(line.health())));
    }
    terminal.line(
        "%-18s %8s %6s %11s".formatted("total", "", "", Progress.bytes(status.residentBytes())));
    Duration took = status.lastStartTook();
    Instant at = status.lastStartAt();
    if (took != null && at != null) {
      terminal.line(
          "The last start was ready after %.1f s (%s)"
              .formatted(took.toMillis() / 1000.0, terminal.time(at)));
    }
  }
}
