package dev.slipway.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DaemonIT {

  @TempDir Path folder;

  private final List<String> told = new ArrayList<>();

  @AfterEach
  void end() {
    daemon().kill();
  }

  @Test
  void showsTheEndOfTheLogWhenTheProgramEnds() {
    // Given
    Daemon.Plan plan = plan("echo first; echo the reason; exit 3", _ -> false);

    // When
    assertThatThrownBy(() -> daemon().start(plan, told::add))
        // Then
        .isInstanceOf(StackFailure.class)
        .hasMessageContaining("ended before it was ready")
        .hasMessageContaining("the reason");
    assertThat(daemon().running()).isEmpty();
  }

  @Test
  void showsTheEndOfTheLogWhenTimeRunsOut() {
    // Given
    Daemon.Plan plan =
        new Daemon.Plan(
            List.of("/bin/sh", "-c", "echo waiting for nothing; exec sleep 600"),
            Map.of(),
            _ -> false,
            Duration.ofMillis(700),
            1);

    // When
    assertThatThrownBy(() -> daemon().start(plan, told::add))
        // Then
        .isInstanceOf(StackFailure.class)
        .hasMessageContaining("not ready within")
        .hasMessageContaining("waiting for nothing");
    assertThat(daemon().running()).as("left to be looked at, and to be stopped").isPresent();
  }

  @Test
  void triesAgainAsOftenAsItMay() throws Exception {
    // Given
    Path count = folder.resolve("count");
    Daemon.Plan plan =
        new Daemon.Plan(
            List.of(
                "/bin/sh",
                "-c",
                "echo x >> %s; [ $(wc -l < %s) -ge 3 ] || exit 1; exec sleep 600"
                    .formatted(count, count)),
            Map.of(),
            _ -> Files.exists(count) && Files.readAllLines(count).size() == 3,
            Duration.ofSeconds(20),
            5);

    // When
    daemon().start(plan, told::add);

    // Then
    assertThat(daemon().running()).isPresent();
    assertThat(Files.readAllLines(count)).hasSize(3);
  }

  @Test
  void killsWhatDoesNotListen() {
    // Given
    Path ready = folder.resolve("ready");
    Daemon.Plan plan =
        plan(
            "trap '' TERM; touch %s; while :; do sleep 0.1; done".formatted(ready),
            _ -> Files.exists(ready));
    Daemon daemon = new Daemon(folder, "deaf", Duration.ofMillis(300));
    daemon.start(plan, told::add);
    ProcessHandle process = daemon.running().orElseThrow();

    // When
    daemon.stop(Daemon.Signal.TERM, told::add);

    // Then
    assertThat(process.isAlive()).isFalse();
    assertThat(daemon.running()).isEmpty();
    assertThat(told.getLast()).contains("had to be killed");
  }

  @Test
  void isFoundAfterItsStarterWasKilled() throws Exception {
    // Given
    Process starter =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Starter.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String pid;
    try (var output = starter.inputReader()) {
      pid = output.readLine();
    }

    // When
    starter.destroyForcibly();
    assertThat(starter.waitFor(20, TimeUnit.SECONDS)).isTrue();

    // Then
    ProcessHandle process = daemon().running().orElseThrow();
    assertThat(process.pid()).isEqualTo(Long.parseLong(pid));
    daemon().start(plan("exit 1", _ -> true), told::add);
    assertThat(told.getLast()).contains("runs already");
    daemon().stop(Daemon.Signal.TERM, told::add);
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  void endsWithTheOwnerOfItsStack() throws Exception {
    // Given
    Process owner = new ProcessBuilder("sleep", "600").start();
    daemon().start(plan("exec sleep 600", _ -> true), told::add);
    ProcessHandle process = daemon().running().orElseThrow();
    LocalStack.at(folder).endWith(owner.toHandle());
    boolean runsBefore = process.isAlive();

    // When
    owner.destroyForcibly();

    // Then
    assertThat(runsBefore).isTrue();
    assertThat(process.onExit()).succeedsWithin(Duration.ofSeconds(20));
    assertThat(daemon().running()).isEmpty();
  }

  /// Starts a program that never gets ready, and so is killed while it waits.
  static final class Starter {

    public static void main(String[] args) {
      Daemon daemon = new Daemon(Path.of(args[0]), "sleeper");
      daemon.start(
          plan(
              "exec sleep 600",
              _ -> {
                daemon.running().ifPresent(process -> System.out.println(process.pid()));
                return false;
              }),
          System.err::println);
    }
  }

  private Daemon daemon() {
    return new Daemon(folder, "sleeper");
  }

  private static Daemon.Plan plan(String script, Daemon.Ready ready) {
    return new Daemon.Plan(
        List.of("/bin/sh", "-c", script), Map.of(), ready, Duration.ofSeconds(20), 1);
  }
}
