package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.INDEX_INVALID;
import static dev.slipway.bundle.BundleException.Reason.PATH;
import static dev.slipway.bundle.BundleException.Reason.PATH_COLLISION;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.text.Normalizer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Seals a folder into a bundle, on the publisher's machine. The same files, keys and request give
 * the same bytes; a file that stays the same from version to version stays the same blob.
 */
public final class Sealer {

  private final KeyRing keys;
  private final Clock clock;

  /** Is told how far the work has come, on the thread that seals. */
  @FunctionalInterface
  public interface Progress {

    /** So many of all plain bytes have been sealed. */
    void sealed(long bytes, long total);
  }

  /**
   * @param keys the keys of the app
   * @param clock says whether the publisher's certificate is valid now
   */
  public Sealer(KeyRing keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /**
   * Seals a folder into a folder of parts, which is there and complete if this returns, and not
   * there if it throws.
   *
   * @param target a folder that does not exist yet
   * @return the manifest as any verifier would accept it now
   * @throws BundleException if a path cannot be part of a bundle, or the certificate cannot sign
   *     now
   */
  public VerifiedManifest seal(SealRequest request, Path target, Progress progress)
      throws IOException {
    if (Files.exists(target)) {
      throw new FileAlreadyExistsException(target.toString());
    }
    List<Found> files = files(request);
    Path parent = target.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.createDirectory(target);
    boolean complete = false;
    try {
      BundleParts parts = new BundleParts(target);
      Made made = make(request, files, parts, new PartsShelf(parts), progress);
      // Last and at once, so that a folder with a manifest is complete.
      Path work = Files.write(target.resolve("sealing-manifest"), made.jws());
      Files.move(work, target.resolve(BundleParts.MANIFEST));
      complete = true;
      return made.manifest();
    } finally {
      if (!complete) {
        Folders.delete(target);
      }
    }
  }

  private record Made(byte[] jws, VerifiedManifest manifest) {}

  /** Seals all but the manifest's file. */
  private Made make(
      SealRequest request, List<Found> files, BundleParts parts, Shelf shelf, Progress progress)
      throws IOException {
    Files.createDirectories(parts.folder().resolve(BundleParts.BLOBS));

    BlobStore store = new BlobStore(parts.folder(), shelf, request.packing(), keys, request.base());
    List<Index.File> indexed = sealFiles(files, store, progress);
    Index index =
        new Index(keys.appId(), request.version(), indexed, request.notes(), keys.announcedKeys());
    CapgoRendition capgo = request.capgo() ? capgo(files, parts) : null;
    Manifest manifest = manifest(request, index, store, capgo);
    byte[] jws = ManifestSigner.sign(manifest, keys.signer(), clock.instant());
    // Whatever is wrong with it is better found here than by a server.
    VerifiedManifest verified =
        ManifestVerifier.verify(jws, keys.certificate().fingerprint(), clock.instant());
    return new Made(jws, verified);
  }

  /** The files to be sealed; refuses what cannot be before anything is written. */
  private List<Found> files(SealRequest request) throws IOException {
    ManifestSigner.requireUsable(keys.signer(), clock.instant());
    List<Found> files = files(request.folder());
    BundlePath.requireDistinct(files.stream().map(Found::path).collect(Collectors.toList()));
    return files;
  }

  /**
   * Seals a folder into one {@code *.slipway} file, which must not exist yet; it is there and
   * complete if this returns, and not there if it throws.
   */
  public VerifiedManifest sealToContainer(SealRequest request, Path target, Progress progress)
      throws IOException {
    if (Files.exists(target)) {
      throw new FileAlreadyExistsException(target.toString());
    }
    List<Found> files = files(request);
    Path parent = target.toAbsolutePath().getParent();
    Path work = Files.createTempDirectory(parent, ".slipway-seal-");
    try (SpoolShelf spool = new SpoolShelf(work)) {
      BundleParts parts = new BundleParts(work.resolve("parts"));
      Made made = make(request, files, parts, spool, progress);
      CapgoRendition capgo = made.manifest().manifest().capgo();
      BlobSource objects =
          id -> capgo != null && capgo.id().equals(id) ? parts.open(id) : spool.open(id);
      Path file = work.resolve("bundle");
      Container.write(made.jws(), objects, spool.checksums(), file);
      Files.move(file, target);
      return made.manifest();
    } finally {
      Folders.delete(work);
    }
  }

  private static List<Index.File> sealFiles(List<Found> files, BlobStore store, Progress progress)
      throws IOException {
    long total = files.stream().mapToLong(Found::size).sum();
    return Crew.work(
        files,
        () -> {
          BlobStore.Packer packer = store.packer();
          return new Crew.Worker<Found, Index.File>() {
            @Override
            public Index.File work(Found found) throws IOException {
              return packer.add(found.path(), found.size(), found.file());
            }

            @Override
            public void close() throws IOException {
              packer.close();
            }
          };
        },
        () -> progress.sealed(Math.min(store.done(), total), total));
  }

  private CapgoRendition capgo(List<Found> found, BundleParts parts) throws IOException {
    SortedMap<String, Path> files =
        new TreeMap<>(Comparator.comparing(Sealer::utf8, Arrays::compareUnsigned));
    found.forEach(file -> files.put(file.path(), file.file()));
    Files.createDirectory(parts.folder().resolve(BundleParts.CAPGO));
    Path work = parts.folder().resolve("sealing");
    CapgoRendition capgo = CapgoZip.make(files, keys.appId(), keys.dataKey(), keys.capgo(), work);
    Files.move(work, parts.capgo(capgo.id()));
    return capgo;
  }

  private Manifest manifest(
      SealRequest request, Index index, BlobStore store, @Nullable CapgoRendition capgo)
      throws IOException {
    List<Blob> blobs =
        store.blobs().values().stream()
            .sorted(Comparator.comparing(Blob::id))
            .collect(Collectors.toList());
    byte[] plainIndex = index.write();
    if (plainIndex.length > Index.MAX_BYTES) {
      throw new BundleException(INDEX_INVALID).with("bytes", plainIndex.length);
    }
    Digest indexDigest = Digest.sha256(plainIndex);
    AppId app = keys.appId();
    Secret cek = KeySchedule.cek(keys.dataKey(), app, request.version(), indexDigest);
    Blob indexBlob =
        store.addIndex(
            plainIndex,
            KeySchedule.indexKey(cek),
            KeySchedule.indexSalt(cek, indexDigest),
            KeySchedule.indexContext(app, request.version()));
    List<Recipient> recipients = new ArrayList<>();
    for (WrappingKey fleetKey : keys.fleetKeys()) {
      recipients.add(fleetKey.wrap(cek));
    }
    for (HpkePublicKey escrow : keys.escrow()) {
      recipients.add(escrow.wrap(cek, app));
    }
    recipients.add(keys.publisherKey().wrap(cek));
    long total = indexBlob.size() + blobs.stream().mapToLong(Blob::size).sum();
    return new Manifest(
        app,
        keys.publisherId(),
        request.version(),
        request.securityEpoch(),
        request.created(),
        request.compat(),
        KeySchedule.cekCommit(cek),
        recipients,
        indexBlob,
        blobs,
        total,
        capgo);
  }

  /**
   * A file to be sealed.
   *
   * @param path in the bundle
   * @param file where it lies
   * @param size its length when it was found; one that has another when it is read is refused
   */
  private record Found(String path, Path file, long size) {}

  /** The regular files below a folder in the order of their paths' UTF-8; all else is refused. */
  private static List<Found> files(Path folder) throws IOException {
    SortedMap<byte[], Found> files = new TreeMap<>(Arrays::compareUnsigned);
    // One look at each file: what the walk knows of it is not asked again.
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (!file.equals(folder)) {
              Found found = found(folder, file, attributes);
              if (files.put(utf8(found.path()), found) != null) {
                throw new BundleException(PATH_COLLISION).with("path", folder.relativize(file));
              }
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return List.copyOf(files.values());
  }

  private static byte[] utf8(String path) {
    return path.getBytes(StandardCharsets.UTF_8);
  }

  private static Found found(Path folder, Path file, BasicFileAttributes attributes) {
    Path relative = folder.relativize(file);
    if (!attributes.isRegularFile()) {
      throw new BundleException(PATH).with("path", relative).with("rule", "no links");
    }
    String parts = relative.toString().replace(relative.getFileSystem().getSeparator(), "/");
    String path = Normalizer.normalize(parts, Normalizer.Form.NFC);
    Optional<String> broken = BundlePath.brokenRule(path);
    if (broken.isPresent()) {
      throw new BundleException(PATH).with("path", relative).with("rule", broken.get());
    }
    return new Found(path, file, attributes.size());
  }
}
