package dev.slipway.rollout.keys;

import dev.slipway.bundle.Digest;
import dev.slipway.decisions.audit.SignedNote;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/// The keys that the service signs with, each in a file of its folder, made where there is none:
/// `audit.pem` for checkpoints of the audit, `release-<n>.pem` for release statements. A PKCS#12
/// store may hold further release keys. All replicas share the folder. Thread-safe; files are read
/// at the first use and when a key is added.
@Singleton
public class ServiceKeys {

  private static final Logger LOG = Logger.getLogger(ServiceKeys.class);
  private static final Pattern RELEASE = Pattern.compile("release-([0-9]{1,6})\\.pem");

  private final Path folder;
  private final String environment;
  private final Optional<Path> store;
  private final Optional<String> storePassword;
  private final SecureRandom random;
  private final Supplier<Ed25519PrivateKeyParameters> audit;
  private volatile List<ReleaseKey> releases = List.of();

  /// A release key.
  ///
  /// @param name its file, or its alias in the store
  /// @param number rises from key to key, in a store by the order of the aliases; those of a store
  ///     come before those of the folder
  public record ReleaseKey(String name, int number, Ed25519PrivateKeyParameters key) {

    /// SHA-256 of the public key's 32 bytes.
    public Digest id() {
      return Digest.sha256(key.generatePublicKey().getEncoded());
    }

    @Override
    public String toString() {
      return "ReleaseKey[" + name + "]";
    }
  }

  public ServiceKeys(
      @ConfigProperty(name = "slipway.keys-folder") Path folder,
      @ConfigProperty(name = "slipway.environment") String environment,
      @ConfigProperty(name = "slipway.release-keys.pkcs12") Optional<Path> store,
      @ConfigProperty(name = "slipway.release-keys.password") Optional<String> storePassword,
      SecureRandom random) {
    this.folder = folder;
    this.environment = environment;
    this.store = store;
    this.storePassword = storePassword;
    this.random = random;
    this.audit = once(() -> KeyFile.readOrMake(folder.resolve("audit.pem"), random));
  }

  /// What checkpoints are about.
  public String auditOrigin() {
    return "slipway/" + environment + "/audit";
  }

  public Ed25519PrivateKeyParameters audit() {
    return audit.get();
  }

  public SignedNote.Verifier auditVerifier() {
    return new SignedNote.Verifier(auditOrigin(), audit().generatePublicKey());
  }

  /// The release keys, newest first; at least one.
  public List<ReleaseKey> releases() {
    var known = releases;
    return known.isEmpty() ? readReleases() : known;
  }

  /// Makes the next release key. It signs for an app once a delegation names it; until then the
  /// earlier ones go on.
  public synchronized ReleaseKey addRelease() {
    int newest = readReleases().stream().mapToInt(ReleaseKey::number).max().orElse(0);
    var file = folder.resolve("release-" + (Math.max(newest, 0) + 1) + ".pem");
    KeyFile.readOrMake(file, random);
    LOG.infof("A new release key is in a file: file=%s", file);
    return readReleases().getFirst();
  }

  /// Looks at the folder again: another replica may have added a key.
  public synchronized List<ReleaseKey> readReleases() {
    var found = new ArrayList<ReleaseKey>();
    try {
      Files.createDirectories(folder);
      try (var files = Files.newDirectoryStream(folder, "release-*.pem")) {
        for (var file : files) {
          var match = RELEASE.matcher(file.getFileName().toString());
          if (match.matches()) {
            found.add(
                new ReleaseKey(
                    file.getFileName().toString(),
                    Integer.parseInt(match.group(1)),
                    KeyFile.read(file)));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the folder of keys cannot be read: " + folder, e);
    }
    store.ifPresent(path -> found.addAll(fromStore(path)));
    if (found.isEmpty()) {
      var file = folder.resolve("release-1.pem");
      found.add(new ReleaseKey("release-1.pem", 1, KeyFile.readOrMake(file, random)));
      LOG.infof("The first release key is in a file: file=%s", file);
    }
    found.sort(Comparator.comparingInt(ReleaseKey::number).reversed());
    releases = List.copyOf(found);
    return releases;
  }

  private List<ReleaseKey> fromStore(Path path) {
    var password = storePassword.orElse("").toCharArray();
    var keys = new ArrayList<ReleaseKey>();
    try (var in = Files.newInputStream(path)) {
      var pkcs12 = KeyStore.getInstance("PKCS12");
      pkcs12.load(in, password);
      var aliases = Collections.list(pkcs12.aliases()).stream().sorted().toList();
      for (var alias : aliases) {
        if (pkcs12.getKey(alias, password) instanceof PrivateKey key) {
          keys.add(new ReleaseKey(alias, keys.size() - aliases.size(), ed25519(path, alias, key)));
        }
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("the PKCS#12 store cannot be opened: " + path, e);
    }
    return keys;
  }

  private static Ed25519PrivateKeyParameters ed25519(Path store, String alias, PrivateKey key) {
    try {
      return KeyFile.ed25519(key.getEncoded());
    } catch (IOException e) {
      throw new IllegalStateException(
          "the PKCS#12 store " + store + " has a key that cannot sign releases: " + alias, e);
    }
  }

  /// When the newest key came, for people.
  public Optional<Instant> since(ReleaseKey key) {
    try {
      return Optional.of(Files.getLastModifiedTime(folder.resolve(key.name())).toInstant());
    } catch (IOException | java.nio.file.InvalidPathException _) {
      return Optional.empty();
    }
  }

  private static <T> Supplier<T> once(Supplier<T> make) {
    return new Supplier<>() {
      private @org.jspecify.annotations.Nullable T made;

      @Override
      public synchronized T get() {
        var value = made;
        if (value == null) {
          value = make.get();
          made = value;
        }
        return value;
      }
    };
  }
}
