package dev.slipway.rollout.access;

import dev.slipway.kit.access.AccessKeys.Issued;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.VertxContextSupport;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/// Hands the first owner's key to whoever installs Slipway: on standard output, and in a file that
/// only its owner may read.
@ApplicationScoped
public class FirstKey {

  private static final Logger LOG = Logger.getLogger(FirstKey.class);

  private final AccessKeyBook book;
  private final Optional<Path> file;

  public FirstKey(
      AccessKeyBook book, @ConfigProperty(name = "slipway.first-key-file") Optional<Path> file) {
    this.book = book;
    this.file = file;
  }

  void onStart(@Observes StartupEvent event) {
    try {
      VertxContextSupport.subscribeAndAwait(() -> book.issueFirst(this::write))
          .ifPresent(FirstKey::show);
    } catch (Throwable e) {
      throw new IllegalStateException("the first access key could not be made", e);
    }
  }

  /// The file comes before the key is valid: a file without a key is replaced at the next start, a
  /// key that nobody was given could not be.
  private void write(Issued issued) {
    file.ifPresent(path -> write(path.toAbsolutePath(), issued));
  }

  private static void write(Path path, Issued issued) {
    try {
      var folder = path.getParent();
      Files.createDirectories(folder);
      var draft =
          Files.createTempFile(
              folder,
              ".first-key",
              null,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(draft, issued.text() + "\n");
      Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      LOG.infof("The first access key is in a file: key=%s file=%s", issued.key().keyId(), path);
    } catch (IOException e) {
      throw new UncheckedIOException("the first access key could not be written to " + path, e);
    }
  }

  // Standard output is where the design hands it over, once; no log has it.
  @SuppressWarnings("SystemOut")
  private static void show(Issued issued) {
    System.out.println("The owner's access key, shown this once: " + issued.text());
  }
}
