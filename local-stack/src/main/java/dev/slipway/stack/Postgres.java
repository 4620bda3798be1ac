package dev.slipway.stack;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/// One PostgreSQL server with the database `slipway`.
final class Postgres {

  static final String USER = "slipway";
  static final String DATABASE = "slipway";

  private final Path folder;
  private final Program program;
  private final Settings settings;

  Postgres(Path folder, Program program, Settings settings) {
    this.folder = folder;
    this.program = program;
    this.settings = settings;
  }

  int port() {
    return settings.port("postgres.port", 0);
  }

  String password() {
    return settings.secret("postgres.password");
  }

  String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port(), DATABASE);
  }

  String reactiveUrl() {
    return "postgresql://127.0.0.1:%d/%s".formatted(port(), DATABASE);
  }

  Daemon.Plan plan(boolean runs) throws IOException {
    if (!runs) {
      settings.freePort("postgres.port", 0);
    }
    Path binaries = program.postgres().resolve("bin");
    Path data = Files.createDirectories(folder.resolve("postgres")).resolve("data");
    if (!Files.exists(data)) {
      initialise(binaries, data);
    }
    if (!runs) {
      forgetReusedPid(data.resolve("postmaster.pid"));
    }
    List<String> command = new ArrayList<>(asOrdinaryUser());
    command.addAll(
        List.of(
            binaries.resolve("postgres").toString(),
            "-D",
            data.toString(),
            "-p",
            Integer.toString(port())));
    Map.of(
            "listen_addresses", "127.0.0.1",
            "unix_socket_directories", "",
            "shared_buffers", "32MB",
            "max_connections", "100",
            "max_wal_size", "256MB",
            "password_encryption", "scram-sha-256",
            "autovacuum_max_workers", "2",
            "io_method", "sync",
            "jit", "off",
            "max_parallel_workers", "0")
        .forEach(
            (key, value) -> {
              command.add("-c");
              command.add(key + "=" + value);
            });
    // Where its predecessor crashed it refuses to start until that one's last child has ended.
    int attempts = 10;
    return new Daemon.Plan(
        command, Map.of("LC_ALL", "C"), this::isReady, Duration.ofSeconds(90), attempts);
  }

  /// After a crash the pid in PostgreSQL's own file may be another process's, which PostgreSQL
  /// would take for a second server on this folder. The pid of a dead process is left to it: it
  /// then checks by itself that no orphan still writes here.
  private static void forgetReusedPid(Path file) throws IOException {
    if (Files.exists(file)) {
      List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      boolean alive =
          !lines.isEmpty()
              && lines.getFirst().strip().matches("\\d{1,18}")
              && ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                  .filter(ProcessHandle::isAlive)
                  .isPresent();
      if (alive) {
        Files.delete(file);
      }
    }
  }

  /// Into a folder beside, which is renamed when it is complete: a half-made one is never taken for
  /// data.
  private void initialise(Path binaries, Path data) throws IOException {
    Path home = data.resolveSibling(".").normalize();
    try (Stream<Path> left = Files.list(home)) {
      for (Path half :
          left.filter(path -> path.getFileName().toString().startsWith(".init-")).toList()) {
        Program.Folders.delete(half);
      }
    }
    Path fresh = Files.createTempDirectory(home, ".init-");
    Path passwordFile = home.resolve("password");
    Settings.OwnerOnly.write(passwordFile, password());
    try {
      List<String> command = new ArrayList<>(asOrdinaryUser());
      command.addAll(
          List.of(
              binaries.resolve("initdb").toString(),
              "--pgdata=" + fresh,
              "--username=" + USER,
              "--pwfile=" + passwordFile,
              "--auth=scram-sha-256",
              "--encoding=UTF8",
              "--locale=C",
              "--no-sync"));
      Process process =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new StackFailure("PostgreSQL's data folder could not be made:%n%s".formatted(output));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StackFailure("Interrupted while PostgreSQL's data folder was made", e);
    } finally {
      Files.deleteIfExists(passwordFile);
    }
    Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
  }

  /// PostgreSQL refuses to run as root. In a user namespace without a mapping root appears to it as
  /// nobody, and its files too.
  private static List<String> asOrdinaryUser() {
    boolean root = Daemon.run("id", "-u").strip().equals("0");
    if (!root) {
      return List.of();
    }
    if (!Daemon.onPath("unshare") || Daemon.run("unshare", "-U", "id", "-u").isBlank()) {
      throw new StackFailure(
          "PostgreSQL does not run as root, and this system does not let 'unshare -U' hide that: run as another user");
    }
    return List.of("unshare", "-U");
  }

  /// Another stack's server knows another password.
  private boolean isReady(ProcessHandle process) throws SQLException {
    if (Ports.isFree(port())) {
      return false;
    }
    try (Connection connection = connect("postgres")) {
      Optional<String> known = database(connection);
      if (known.isEmpty()) {
        try (var statement = connection.createStatement()) {
          statement.execute("create database " + DATABASE);
        }
      }
      return true;
    }
  }

  private static Optional<String> database(Connection connection) throws SQLException {
    try (var statement =
        connection.prepareStatement("select datname from pg_database where datname = ?")) {
      statement.setString(1, DATABASE);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
      }
    }
  }

  private Connection connect(String database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", USER);
    properties.setProperty("password", password());
    properties.setProperty("loginTimeout", "5");
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port(), database), properties);
  }
}
