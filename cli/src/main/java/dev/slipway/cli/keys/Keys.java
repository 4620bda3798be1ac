package dev.slipway.cli.keys;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.CertificateChain;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.HpkePublicKey;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Signer;
import dev.slipway.bundle.SigningKey;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.Surroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Where the publisher's keys are: the folder that the command line names, else all of them in one
/// environment variable, as a build server keeps secrets, else the usual folder. What is read is
/// never shown.
public final class Keys {

  /// The keys' files one after the other, in any order: `cat slipway-keys/*`.
  static final String RING = "SLIPWAY_KEYRING";

  /// Key and certificate of the former signer, one after the other.
  static final String FORMER = "SLIPWAY_FORMER_SIGNER";

  static final String PUBLISHER_KEY = "publisher.key.pem";
  static final String PUBLISHER_CERTIFICATE = "publisher.cert.pem";

  /// Where `keys rotate --signing` puts aside what signed before.
  static final String FORMER_FOLDER = "former";

  private static final Pattern FORMER_SIGNER = Pattern.compile("signer-([0-9]{1,6})");

  @Option(
      names = "--keys",
      paramLabel = "FOLDER",
      description =
          "The folder with the app's keys. Environment: SLIPWAY_KEYS, or SLIPWAY_KEYRING with the"
              + " files' text (cat slipway-keys/*); default: slipway-keys.")
  @Nullable Path folder;

  private final Surroundings surroundings;

  public Keys(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  public Path folder() {
    return folder != null
        ? folder
        : surroundings
            .variable("SLIPWAY_KEYS")
            .map(Path::of)
            .orElseGet(() -> surroundings.here().resolve("slipway-keys"));
  }

  /// Whether the command line itself says which keys to use.
  public boolean areNamed() {
    return folder != null;
  }

  /// Whether there are keys, named or not.
  public boolean arePresent() {
    return inEnvironment() || Files.isDirectory(folder());
  }

  /// Whether they are read from an environment variable, and so cannot be changed.
  boolean inEnvironment() {
    return folder == null && surroundings.variable(RING).isPresent();
  }

  /// For messages.
  public String place() {
    return inEnvironment() ? RING : folder().toString();
  }

  /// @throws CommandFailure if there are none
  public KeyRing read() throws IOException {
    if (inEnvironment()) {
      try {
        return KeyRing.parse(surroundings.variable(RING).orElseThrow());
      } catch (BundleException e) {
        // Its facts name what is missing, never what is there.
        throw new CommandFailure(
            RING
                + " does not hold the files of a key folder, one after the other (cat slipway-keys/*): "
                + e.getMessage());
      }
    }
    if (!Files.isDirectory(folder())) {
      throw new CommandFailure(
          "There are no keys in %s. Make them with: ./slipway keys init APP_ID"
              .formatted(folder()));
    }
    return KeyRing.read(folder());
  }

  /// The keys of the app that something belongs to.
  ///
  /// @throws CommandFailure if there are none, or those of another app
  public KeyRing readFor(AppId app) throws IOException {
    KeyRing ring = read();
    if (!ring.appId().equals(app)) {
      throw new CommandFailure(
          "The keys in %s are those of %s, the bundle is one of %s"
              .formatted(place(), ring.appId(), app));
    }
    return ring;
  }

  /// The keys in a folder, to be replaced by others.
  ///
  /// @throws CommandFailure if they are in the environment
  KeyRing readToChange() throws IOException {
    if (inEnvironment()) {
      throw new CommandFailure(
          "The keys are in %s, where a command cannot change them: change the folder, and set the"
                  .formatted(RING)
              + " variable anew");
    }
    return read();
  }

  /// Who signed before the last rotation.
  ///
  /// @throws CommandFailure if nobody did
  public Signer former() throws IOException {
    var text = surroundings.variable(FORMER);
    if (text.isPresent()) return Signer.parsePem(text.get());
    int latest = formerNumbers().stream().mapToInt(number -> number).max().orElse(0);
    if (latest > 0) return signer(formerFolder().resolve("signer-" + latest));
    throw new CommandFailure(
        "No former certificate is in %s: name its folder with --former, or give key and certificate in %s"
            .formatted(formerFolder(), FORMER));
  }

  /// Where [#former()] is from, for messages.
  public String formerPlace() {
    return surroundings.variable(FORMER).isPresent() ? FORMER : formerFolder().toString();
  }

  /// Where those are that signed before rotations.
  public Path formerFolder() {
    return folder().resolve(FORMER_FOLDER);
  }

  /// The fingerprints of the certificates that rotations put aside.
  public Set<Digest> putAside() throws IOException {
    Set<Digest> fingerprints = new HashSet<>();
    for (int number : formerNumbers()) {
      Path signer = formerFolder().resolve("signer-" + number);
      fingerprints.add(certificates(signer.resolve(PUBLISHER_CERTIFICATE)).leaf().fingerprint());
    }
    return fingerprints;
  }

  private List<Integer> formerNumbers() throws IOException {
    if (!Files.isDirectory(formerFolder())) return List.of();
    try (var folders = Files.list(formerFolder())) {
      return folders
          .map(candidate -> FORMER_SIGNER.matcher(candidate.getFileName().toString()))
          .filter(Matcher::matches)
          .map(numbered -> Integer.parseInt(numbered.group(1)))
          .toList();
    }
  }

  /// The command that registers exactly the keys that releases may be sealed for; those that are
  /// announced are among them.
  static String registration(KeyRing ring) {
    var ids =
        Stream.of(
                ring.fleetKeys().stream().map(WrappingKey::kid),
                ring.nextKeys().stream().map(WrappingKey::kid),
                ring.escrow().stream().map(HpkePublicKey::kid))
            .flatMap(kids -> kids)
            .collect(Collectors.joining(","));
    return "./slipway app set %s --key-id %s".formatted(ring.appId(), ids);
  }

  /// The certificates in a PEM file that somebody named.
  public static CertificateChain certificates(Path file) throws IOException {
    try {
      return CertificateChain.parsePem(NamedFile.text(file));
    } catch (BundleException e) {
      throw new CommandFailure(
          "%s holds no certificate that bundles are signed with (PEM): %s"
              .formatted(file, e.getMessage()),
          e);
    }
  }

  /// Key and certificate in a folder.
  public static Signer signer(Path folder) throws IOException {
    return new Signer(
        NamedFile.parse(folder.resolve(PUBLISHER_KEY), SigningKey::parsePem),
        certificates(folder.resolve(PUBLISHER_CERTIFICATE)));
  }
}
