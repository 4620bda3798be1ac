package dev.slipway.cli.fleet;

import dev.slipway.cli.term.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// A fleet's books in words.
public final class FleetText {

  /// One line: what the devices run, and how much is under way.
  public String line(Books.Page page) {
    String running =
        page.versions().entrySet().stream()
            .filter(version -> version.getValue().running() > 0)
            .map(version -> "%s: %,d".formatted(version.getKey(), version.getValue().running()))
            .collect(Collectors.joining("  "));
    long failed = page.versions().values().stream().mapToLong(Books.Line::failed).sum();
    return "%s running %s  under way %,d  failed %,d  checks %,d"
        .formatted(
            Progress.bar(page.devices() - (long) page.undecided(), page.devices()),
            running,
            page.undecided(),
            failed,
            page.checks());
  }

  /// All figures.
  public List<String> table(Books.Page page) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%-12s %9s %10s %9s %9s %9s %11s %9s"
            .formatted(
                "version",
                "offered",
                "downloaded",
                "installed",
                "confirmed",
                "failed",
                "rolled away",
                "running"));
    page.versions()
        .forEach(
            (version, line) ->
                lines.add(
                    "%-12s %,9d %,10d %,9d %,9d %,9d %,11d %,9d"
                        .formatted(
                            version,
                            line.offered(),
                            line.downloaded(),
                            line.installed(),
                            line.confirmed(),
                            line.failed(),
                            line.left(),
                            line.running())));
    lines.add(
        ("%,d checks, %,d reports, %,d downloads (%s), %,d of them corrupt,"
                + " %,d requests without a usable answer%s")
            .formatted(
                page.checks(),
                page.reports(),
                page.downloads(),
                Progress.bytes(page.bytes()),
                page.corrupt(),
                page.unanswered().values().stream().mapToLong(many -> many).sum(),
                instead(page)));
    return lines;
  }

  private static String instead(Books.Page page) {
    return page.unanswered().isEmpty()
        ? ""
        : page.unanswered().entrySet().stream()
            .map(kind -> "%s %,d times".formatted(kind.getKey(), kind.getValue()))
            .collect(Collectors.joining(", ", ": ", ""));
  }
}
