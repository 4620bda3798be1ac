package dev.slipway.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Memory that a process and its children hold. PostgreSQL's processes share most of theirs: what
/// is mapped from files and what is shared counts once, with its largest figure, what is private
/// adds up.
final class ResidentMemory {

  private ResidentMemory() {}

  static long of(ProcessHandle process) {
    List<Pages> all =
        Stream.concat(Stream.of(process), process.descendants())
            .map(ResidentMemory::pages)
            .toList();
    return all.stream().mapToLong(Pages::own).sum()
        + all.stream().mapToLong(Pages::shared).max().orElse(0);
  }

  private record Pages(long own, long shared) {}

  private static Pages pages(ProcessHandle process) {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    if (!Files.isReadable(status)) {
      String kib = Daemon.run("ps", "-o", "rss=", "-p", Long.toString(process.pid())).strip();
      return new Pages(kib.isEmpty() ? 0 : Long.parseLong(kib) * 1024, 0);
    }
    try (Stream<String> lines = Files.lines(status)) {
      long own = 0;
      long shared = 0;
      for (String line : (Iterable<String>) lines::iterator) {
        if (line.startsWith("RssAnon:")) {
          own += kibibytes(line);
        } else if (line.startsWith("RssFile:") || line.startsWith("RssShmem:")) {
          shared += kibibytes(line);
        }
      }
      return new Pages(own, shared);
    } catch (IOException | java.io.UncheckedIOException _) {
      // It ended between being listed and being read.
      return new Pages(0, 0);
    }
  }

  private static long kibibytes(String line) {
    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
  }
}
