package dev.slipway.cli.cert;

import dev.slipway.bundle.SignatureAlgorithm;
import dev.slipway.bundle.SigningKey;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.SecretFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "request",
    header = "Makes a signing key and a request (PKCS#10) for a certificate authority.",
    description = {
      "",
      "Writes publisher.key.pem, which only you can read, and publisher.csr.pem. Send the request to"
          + " the authority; put what comes back, followed by the certificates of its issuers, the"
          + " root last, beside the key as publisher.cert.pem. It must be for signing code"
          + " (digitalSignature, codeSigning, no CA). The root must be pinned for the app.",
      "",
      "With --key the key is there already, as for a renewal.",
      "",
      "Example: ./slipway cert request --out next-certificate --name 'Example Inc.'",
      ""
    },
    mixinStandardHelpOptions = true)
final class RequestCommand implements Callable<Integer> {

  private static final String REQUEST = "publisher.csr.pem";

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
      defaultValue = "es256",
      description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
  SignatureAlgorithm algorithm = SignatureAlgorithm.ES256;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "A key of yours (PKCS#8 PEM) in place of a fresh one.")
  @Nullable Path key;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  private final Surroundings surroundings;

  RequestCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /// What was made.
  ///
  /// @param key the file with the private key
  record Requested(Path request, Path key, String algorithm) {}

  @Override
  public Integer call() throws IOException {
    Path request = out.resolve(REQUEST);
    if (Files.exists(request)) throw new FileAlreadyExistsException(request.toString());
    Path keyFile = key == null ? out.resolve(CreateCommand.KEY) : key;
    SigningKey signing = signing(keyFile);
    SecretFile.folder(out);
    if (key == null) SecretFile.create(keyFile, signing.revealPem());
    Files.writeString(request, signing.certificateRequest(name));
    var requested = new Requested(request, keyFile, signing.algorithm().jose());
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(requested);
      return 0;
    }
    terminal.line(terminal.green("The request is " + request));
    terminal.line("  key        " + keyFile);
    terminal.line("  algorithm  " + requested.algorithm());
    terminal.line(
        "Next: send the request to the authority; put what comes back beside the key, as "
            + CreateCommand.CERTIFICATE);
    return 0;
  }

  private SigningKey signing(Path keyFile) throws IOException {
    if (key != null) return NamedFile.parse(keyFile, SigningKey::parsePem);
    if (Files.exists(keyFile)) throw new FileAlreadyExistsException(keyFile.toString());
    return SigningKey.generate(algorithm, new SecureRandom());
  }
}
