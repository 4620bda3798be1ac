package dev.slipway.cli.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.NamedFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The same sealed parts under another signed manifest, as another file.
final class Rewrite {

  private Rewrite() {}

  /// Refuses an output that is the input, under whatever name, and one that exists.
  static void requireOther(Path in, Path out) throws IOException {
    boolean same =
        in.toAbsolutePath().normalize().equals(out.toAbsolutePath().normalize())
            || Files.exists(out) && Files.isSameFile(in, out);
    if (same) {
      throw new CommandFailure(
          "Input and output are one file, %s: name another --out, so that the original stays"
              .formatted(in));
    }
    NamedFile.requireFolderOf(out);
    if (Files.exists(out)) throw new FileAlreadyExistsException(out.toString());
  }

  /// @param jws a manifest with the same parts
  static void write(Container container, byte[] jws, Path out) throws IOException {
    Path folder = out.toAbsolutePath().getParent();
    Path work = Files.createTempDirectory(folder, ".slipway-rewrite-");
    try {
      Path file = work.resolve("bundle");
      Container.write(jws, container, file);
      Files.move(file, out);
    } finally {
      TemporaryFolder.delete(work);
    }
  }

  static AppId app(Container container) {
    return ManifestVerifier.readUnverified(container.manifest()).appId();
  }
}
