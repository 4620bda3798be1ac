package dev.slipway.stack;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The command line of a Java process on the JDK that this process runs on.
final class Jvm {

  private Jvm() {}

  static List<String> command(List<String> options, String main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseCompactObjectHeaders",
            "-XX:+ExitOnOutOfMemoryError",
            "-Xss512k",
            "-XX:ReservedCodeCacheSize=64m",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djava.net.preferIPv4Stack=true",
            "-Dfile.encoding=UTF-8"));
    command.addAll(options);
    command.add(main);
    command.addAll(arguments);
    return command;
  }
}
