package dev.slipway.cli.bundle;

import dev.slipway.bundle.Container;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.capgo.CapgoRelease;
import dev.slipway.cli.http.Refused;
import dev.slipway.cli.publish.AirFile;
import dev.slipway.cli.publish.AirPublisher;
import dev.slipway.cli.publish.BundlePublisher;
import dev.slipway.cli.publish.CapgoPublisher;
import dev.slipway.cli.publish.Patience;
import dev.slipway.cli.publish.Publication;
import dev.slipway.cli.publish.Upload;
import dev.slipway.cli.term.Progress;
import dev.slipway.contracts.bundle.BundleState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "publish",
    header = "Uploads a release: a *.slipway file, a bundle of the Capgo CLI, an AIR package.",
    description = {
      "",
      "Sends only the parts that the server does not have, several at a time, tries again where"
          + " the line breaks or the server is busy, and commits last: before that nobody sees"
          + " anything. After any failure, even of this machine, the same command goes on where it"
          + " stopped. Publishing the same again does nothing. Nobody gets the version yet: that is"
          + " what a rollout is for.",
      "",
      "Examples:",
      "  ./slipway bundle publish com.example.app-1.4.2.slipway",
      "",
      "  npx @capgo/cli bundle encrypt app.zip SHA256 --json > encrypted.json",
      "  ./slipway bundle publish --app com.example.app --app-version 1.4.2 \\",
      "      --capgo app.zip_encrypted.zip --capgo-json encrypted.json \\",
      "      --public-key .capgo_key_v2.pub",
      "",
      "  ./slipway bundle publish --air Example.air",
      ""
    },
    mixinStandardHelpOptions = true)
final class PublishCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", arity = "0..1", description = "The sealed bundle.")
  @Nullable Path file;

  @Option(
      names = "--air",
      paramLabel = "FILE",
      description = "A signed AIR package; the app must be registered without confidentiality.")
  @Nullable Path air;

  @ArgGroup(exclusive = false, heading = "%nBundles of the Capgo command line:%n")
  @Nullable CapgoOptions capgo;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "" + BundlePublisher.AT_ONCE,
      description = "How many parts travel at a time, 1 to 64; default: ${DEFAULT-VALUE}.")
  int parallel;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Connection connection;
  @Spec CommandSpec spec = CommandSpec.create();
  private final Surroundings surroundings;

  PublishCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  @Override
  public Integer call() throws IOException {
    int sources = (file == null ? 0 : 1) + (air == null ? 0 : 1) + (capgo == null ? 0 : 1);
    if (sources != 1) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "Name one thing to publish: a *.slipway FILE, --capgo ZIP (or --capgo-files FOLDER), or"
              + " --air FILE");
    }
    if (parallel < 1 || parallel > 64)
      throw new CommandFailure.Misunderstood("--parallel is between 1 and 64");
    var terminal = surroundings.terminal();
    Publication done;
    try (Progress progress = new Progress(terminal, surroundings.clock())) {
      done =
          publish(
              (sent, total) ->
                  progress.show(
                      "Publishing %s %s of %s"
                          .formatted(
                              Progress.bar(sent, total),
                              Progress.bytes(sent),
                              Progress.bytes(total))));
    }
    if (json) {
      terminal.json(done);
      return 0;
    }
    var bundle = done.bundle();
    terminal.line(
        terminal.green(
                "%s %s %s"
                    .formatted(
                        bundle.appId(),
                        bundle.version(),
                        done.isNew() ? "is published" : "was published already"))
            + ", accepted "
            + terminal.time(bundle.acceptedAt()));
    for (var warning : done.warnings()) {
      terminal.line(terminal.yellow("  warning: " + warning.detail()));
    }
    terminal.line(
        "  sent %d parts, %s, and the commit, %s: %,d bytes in all; already there %d parts, %s"
            .formatted(
                done.sent().parts(),
                Progress.bytes(done.sent().bytes()),
                Progress.bytes(done.commitBytes()),
                done.sentBytes(),
                done.there().parts(),
                Progress.bytes(done.there().bytes())));
    if (bundle.status() == BundleState.Status.WITHDRAWN) {
      terminal.line(
          terminal.yellow(
              "  It was withdrawn since, for good: publish what follows as a new version."));
      return 0;
    }
    terminal.line(
        "Next: ./slipway rollout start --app %s --app-version %s --reason '…'"
            .formatted(bundle.appId(), bundle.version()));
    return 0;
  }

  private Publication publish(Upload.Listener listener) throws IOException {
    var patience = Patience.ofProcess();
    if (air != null) {
      AirFile release = AirFile.read(air);
      return new AirPublisher(connection.ingest(), patience).publish(release, listener);
    }
    if (capgo != null) {
      CapgoRelease release = capgo.release(spec.commandLine());
      if (!release.check(capgo.publicKey())) {
        surroundings
            .terminal()
            .note(
                "Not checked whether devices can open it: that takes the app's public key,"
                    + " --public-key FILE");
      }
      return new CapgoPublisher(connection.ingest(), patience, parallel).publish(release, listener);
    }
    if (file == null) throw new IllegalStateException("one source is named");
    try (Container container = SealedFile.open(file)) {
      return new BundlePublisher(connection.ingest(), patience, parallel)
          .publish(container.manifest(), container, listener);
    } catch (Refused refused) {
      String help =
          switch (refused.problem().slug()) {
            case "migration-required" ->
                "The former certificate has to hand over: ./slipway bundle migrate %s --out FILE"
                    .formatted(file);
            case "kid-unknown" ->
                "Register all fleet keys that releases are sealed for (./slipway keys list):"
                    + " ./slipway app set APP_ID --key-id KEY_ID,KEY_ID";
            default -> throw refused;
          };
      throw new CommandFailure("%s%n  %s".formatted(refused.getMessage(), help), refused);
    }
  }
}
