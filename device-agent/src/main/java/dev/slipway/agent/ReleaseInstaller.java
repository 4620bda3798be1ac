package dev.slipway.agent;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Blob;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.BundleException.Reason;
import dev.slipway.bundle.BundleParts;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.Opener;
import dev.slipway.bundle.VerifiedManifest;
import dev.slipway.bundle.WrappingKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Installs sealed releases of one app into a folder of its own: fetches the manifest, verifies it,
 * fetches the blobs that are missing, decrypts into a fresh directory, and switches to it in one
 * atomic step. Whatever happens on the way, the release that was current stays current and whole.
 *
 * <p>The folder holds {@code blobs/}, {@code releases/DIGEST/} and the file {@code current}, which
 * names one of them. Blobs are named by their content, so the next release fetches only what
 * changed. One instance at a time may write to a folder.
 */
public final class ReleaseInstaller {

  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final String CURRENT = "current";
  private static final String RELEASES = "releases";

  private final URI delivery;
  private final AppId app;
  private final Digest trustedLeaf;
  private final WrappingKey fleetKey;
  private final Path home;
  private final HttpClient http;
  private final Clock clock;
  private Instant askNext = Instant.MIN;

  /**
   * @param delivery the address of the delivery service
   * @param trustedLeaf SHA-256 of the publisher's certificate, which comes with the application
   * @param fleetKey opens the app's bundles
   * @param home a folder that nobody else writes to
   */
  public ReleaseInstaller(
      URI delivery,
      AppId app,
      Digest trustedLeaf,
      WrappingKey fleetKey,
      Path home,
      HttpClient http,
      Clock clock) {
    this.delivery = delivery;
    this.app = app;
    this.trustedLeaf = trustedLeaf;
    this.fleetKey = fleetKey;
    this.home = home;
    this.http = http;
    this.clock = clock;
  }

  /** The files of the current release; empty before the first one. */
  public Optional<Path> current() throws IOException {
    try {
      return Optional.of(release(Digest.parse(Files.readString(home.resolve(CURRENT)).strip())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Installs the release with this manifest and makes it the current one. Doing it again does
   * nothing anew.
   *
   * @return the folder with the release's files
   * @throws BundleException if anything that was fetched is not what the publisher signed, with the
   *     reason
   * @throws BusyException if delivery wants to be left alone: until then it is not asked, here
   *     neither for this release nor for another one
   * @throws IOException if the network or the disk fails; try again later
   */
  public Path install(Digest manifest) throws IOException, InterruptedException {
    if (Files.isDirectory(release(manifest))) {
      switchTo(manifest);
      return release(manifest);
    }
    return install(
        fetchManifest(manifest, jws -> ManifestVerifier.verify(jws, trustedLeaf, clock.instant())));
  }

  /** Whether one believes a manifest. Refuses it with a {@link BundleException}. */
  interface Judge {
    VerifiedManifest judge(byte[] jws);
  }

  /** Installs a release whose manifest is believed, and makes it the current one. */
  Path install(VerifiedManifest verified) throws IOException, InterruptedException {
    Digest manifest = verified.digest();
    Path release = release(manifest);
    if (!Files.isDirectory(release)) {
      var parts = new BundleParts(home);
      Files.createDirectories(parts.blob(manifest).getParent());
      for (Blob blob : (Iterable<Blob>) verified.manifest().allBlobs()::iterator) {
        fetchBlob(blob, parts.blob(blob.id()));
      }
      Files.createDirectories(release.getParent());
      Path fresh = Files.createTempDirectory(release.getParent(), "opening-");
      try {
        Path opened = fresh.resolve("files");
        new Opener(verified, fleetKey, parts).open(opened);
        Files.move(opened, release, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        delete(fresh);
      }
    }
    switchTo(manifest);
    return release;
  }

  /** Goes back to what came with the application: no release is the current one. */
  void leave() throws IOException {
    Files.deleteIfExists(home.resolve(CURRENT));
  }

  VerifiedManifest fetchManifest(Digest digest, Judge judge)
      throws IOException, InterruptedException {
    byte[] bytes;
    try (InputStream body = get("bundles", digest)) {
      bytes = body.readNBytes(Manifest.MAX_BYTES + 1);
    }
    if (bytes.length > Manifest.MAX_BYTES) throw new BundleException(Reason.MANIFEST_TOO_LARGE);
    if (!Digest.sha256(bytes).equals(digest)) {
      throw new BundleException(Reason.BLOB_DIGEST_MISMATCH).with("manifest", digest);
    }
    VerifiedManifest verified = judge.judge(bytes);
    if (!verified.manifest().appId().equals(app)) {
      throw new BundleException(Reason.APP_MISMATCH).with("app_id", verified.manifest().appId());
    }
    return verified;
  }

  /** Visible under its name only when its bytes are those of its id. */
  private void fetchBlob(Blob blob, Path file) throws IOException, InterruptedException {
    if (Files.exists(file)) return;
    Path partial = Files.createTempFile(file.getParent(), "fetching-", "");
    try {
      var digest = Digest.newSha256();
      long length = 0;
      try (InputStream body = get("blobs", blob.id());
          OutputStream out = Files.newOutputStream(partial)) {
        byte[] buffer = new byte[1 << 16];
        for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
          length += read;
          if (length > blob.size()) break;
          digest.update(buffer, 0, read);
          out.write(buffer, 0, read);
        }
      }
      if (length != blob.size()) {
        throw new BundleException(Reason.BLOB_SIZE_MISMATCH).with("blob", blob.id());
      }
      if (!Digest.of(digest.digest()).equals(blob.id())) {
        throw new BundleException(Reason.BLOB_DIGEST_MISMATCH).with("blob", blob.id());
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private InputStream get(String kind, Digest id) throws IOException, InterruptedException {
    URI address = delivery.resolve("/v1/apps/" + app + "/" + kind + "/" + id);
    Duration early = Duration.between(clock.instant(), askNext);
    if (early.compareTo(Duration.ZERO) > 0) {
      throw new BusyException("delivery is left alone for another " + early, early);
    }
    HttpResponse<InputStream> answer =
        http.send(
            HttpRequest.newBuilder(address).timeout(TIMEOUT).GET().build(),
            BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      answer.body().close();
      String status = "status " + answer.statusCode() + " for " + address.getPath();
      Optional<Duration> wait = RetryAfter.of(answer, clock.instant());
      if (wait.isPresent()) {
        askNext = clock.instant().plus(wait.get());
        throw new BusyException(status, wait.get());
      }
      throw new IOException(status);
    }
    return answer.body();
  }

  private void switchTo(Digest manifest) throws IOException {
    Path next = home.resolve(CURRENT + ".next");
    Files.writeString(next, manifest.text(), StandardCharsets.US_ASCII);
    // On the disk before it takes the other's place: a power loss leaves the one or the other.
    try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(
        next,
        home.resolve(CURRENT),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private Path release(Digest manifest) {
    return home.resolve(RELEASES).resolve(manifest.text());
  }

  private static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
