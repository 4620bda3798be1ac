package dev.slipway.cli.cert;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "show",
    header = "Shows a certificate, its days left, and its grace.",
    description = {
      "",
      "With --fail-within it ends with 1 when so few days are left: for a job that runs every night.",
      "",
      "Examples:",
      "  ./slipway cert show",
      "  ./slipway cert show next-certificate/publisher.cert.pem",
      "  ./slipway cert show --fail-within 60",
      ""
    },
    mixinStandardHelpOptions = true)
final class ShowCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "A certificate (PEM); default: the one among the keys.")
  @Nullable Path file;

  @Option(
      names = "--grace-days",
      paramLabel = "DAYS",
      defaultValue = "365",
      description = "The app's grace, 0 to 365; default: ${DEFAULT-VALUE}.")
  int graceDays;

  @Option(
      names = "--fail-within",
      paramLabel = "DAYS",
      description = "Ends with 1 if it is not valid or has at most so many days left.")
  @Nullable Long failWithin;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  ShowCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  @Override
  public Integer call() throws IOException {
    if (graceDays < 0 || graceDays > 365) {
      throw new CommandFailure.Misunderstood("--grace-days is between 0 and 365");
    }
    if (failWithin != null && failWithin < 0) {
      throw new CommandFailure.Misunderstood("--fail-within is 0 days or more");
    }
    var certificate = file == null ? keys.read().certificate() : Keys.certificates(file).leaf();
    var validity =
        Validity.of(certificate, surroundings.clock().instant(), Duration.ofDays(graceDays));
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(validity);
    } else {
      validity.lines(terminal).forEach(terminal::line);
    }
    boolean ending =
        failWithin != null
            && (validity.state() != Validity.State.VALID || validity.daysLeft() <= failWithin);
    if (ending) {
      throw new CommandFailure(
          validity.state() == Validity.State.VALID
              ? "It has %d days left, not more than the %d of --fail-within: make its successor, ./slipway cert --help says how"
                  .formatted(validity.daysLeft(), failWithin)
              : "It is not valid: ./slipway cert --help says how its successor follows");
    }
    return 0;
  }
}
