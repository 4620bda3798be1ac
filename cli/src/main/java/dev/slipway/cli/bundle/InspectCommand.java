package dev.slipway.cli.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.KeyRing;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import dev.slipway.cli.term.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    header = "Shows what a *.slipway file is.",
    description = {
      "",
      "Without keys: what its signed manifest says, and that its bytes are complete. With the"
          + " app's keys: whether the publisher really signed it, and which files are in it.",
      "",
      "Example:",
      "  ./slipway bundle inspect com.example.app-1.4.2.slipway --keys slipway-keys",
      ""
    },
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {

  private static final int DIGITS_SHOWN = 12;

  @Parameters(paramLabel = "FILE", description = "The sealed bundle.")
  Path file = Path.of("");

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  InspectCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  @Override
  public Integer call() throws IOException {
    Inspection inspection = Inspection.of(file, ring(), surroundings.clock());
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(inspection);
      return 0;
    }
    terminal.line(terminal.bold(inspection.appId() + " " + inspection.version()));
    terminal.line("  signature       " + inspection.signature());
    terminal.line("  certificate     " + inspection.certificate());
    if (inspection.handsOverFrom() != null) {
      terminal.line("  hands over from " + inspection.handsOverFrom());
    }
    terminal.line("  publisher       " + inspection.publisherId());
    terminal.line("  created         " + terminal.time(inspection.created()));
    terminal.line("  security epoch  " + inspection.securityEpoch());
    terminal.line(
        "  runs on         "
            + String.join(", ", inspection.platforms())
            + (inspection.nativeMin() == null
                ? ""
                : " from native version " + inspection.nativeMin()));
    terminal.line("  manifest        " + inspection.manifest());
    terminal.line("  sealed for      " + String.join(", ", inspection.recipients()));
    terminal.line(
        "  parts           %d blobs, %s; %s"
            .formatted(
                inspection.blobs(),
                Progress.bytes(inspection.totalSize()),
                inspection.capgo()
                    ? "with the zip of the Capgo plugin"
                    : "no zip for the Capgo plugin"));
    var files = inspection.files();
    if (files == null) {
      terminal.line("  files           encrypted; name the app's keys to list them: --keys FOLDER");
      return 0;
    }
    for (var entry : files) {
      terminal.line(
          "  %12s  %s  %s"
              .formatted(
                  Progress.bytes(entry.length()),
                  entry.sha256().text().substring(0, DIGITS_SHOWN),
                  entry.path()));
    }
    return 0;
  }

  /// Keys that nobody named are used only where they are this app's.
  private @Nullable KeyRing ring() throws IOException {
    if (!keys.areNamed() && !keys.arePresent()) return null;
    try (Container container = SealedFile.open(file)) {
      AppId app = Rewrite.app(container);
      if (keys.areNamed()) return keys.readFor(app);
      KeyRing ring = keys.read();
      return ring.appId().equals(app) ? ring : null;
    }
  }
}
