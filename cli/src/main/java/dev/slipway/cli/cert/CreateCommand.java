package dev.slipway.cli.cert;

import dev.slipway.bundle.PublisherCertificate;
import dev.slipway.bundle.SignatureAlgorithm;
import dev.slipway.bundle.SigningKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.SecretFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "create",
    header = "Makes a signing key with a certificate that vouches for itself.",
    description = {
      "",
      "Writes publisher.key.pem, which only you can read, and publisher.cert.pem into a folder."
          + " Nothing is ever overwritten. Servers and devices trust such a certificate because the"
          + " app was registered with it, or because its predecessor handed over to it.",
      "",
      "Example: ./slipway cert create --out next-certificate --name 'Example Inc.'",
      ""
    },
    mixinStandardHelpOptions = true)
final class CreateCommand implements Callable<Integer> {

  static final String KEY = "publisher.key.pem";
  static final String CERTIFICATE = "publisher.cert.pem";
  private static final int LONGEST_DAYS = 365 * 30;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FOLDER",
      required = true,
      description = "Where to; is made if it is not there.")
  Path out = Path.of("");

  @Option(
      names = "--name",
      paramLabel = "TEXT",
      defaultValue = "Slipway publisher",
      description = "Whose it is (the common name); default: ${DEFAULT-VALUE}.")
  String name = "";

  @Option(
      names = "--alg",
      paramLabel = "ALGORITHM",
      defaultValue = "ed25519",
      description =
          "${COMPLETION-CANDIDATES}; ed25519 and es256 give the same signature each time; default:"
              + " ${DEFAULT-VALUE}.")
  SignatureAlgorithm algorithm = SignatureAlgorithm.ED25519;

  @Option(
      names = "--days",
      paramLabel = "DAYS",
      defaultValue = "730",
      description = "How long it is valid, 1 to " + LONGEST_DAYS + "; default: ${DEFAULT-VALUE}.")
  int days;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "Its first second, as 2026-11-22T10:00:00Z; default: now.")
  @Nullable Instant from;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  private final Surroundings surroundings;

  CreateCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws IOException {
    if (days < 1 || days > LONGEST_DAYS) {
      throw new CommandFailure.Misunderstood("--days is between 1 and " + LONGEST_DAYS);
    }
    Instant begin =
        (from == null ? surroundings.clock().instant() : from).truncatedTo(ChronoUnit.SECONDS);
    for (String file : new String[] {KEY, CERTIFICATE}) {
      if (Files.exists(out.resolve(file))) {
        throw new FileAlreadyExistsException(out.resolve(file).toString());
      }
    }
    var random = new SecureRandom();
    SigningKey key = SigningKey.generate(algorithm, random);
    PublisherCertificate certificate =
        PublisherCertificate.selfSigned(
            name, key, random, begin, begin.plus(Duration.ofDays(days)));
    SecretFile.folder(out);
    SecretFile.create(out.resolve(KEY), key.revealPem());
    Files.writeString(out.resolve(CERTIFICATE), certificate.pem());
    var validity = Validity.of(certificate, surroundings.clock().instant(), Validity.USUAL_GRACE);
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(validity);
      return 0;
    }
    terminal.line(terminal.green("Key and certificate are in " + out));
    validity.lines(terminal).forEach(terminal::line);
    if (validity.state() == Validity.State.VALID) {
      terminal.line("Next: ./slipway keys rotate --signing " + out);
    }
    return 0;
  }
}
