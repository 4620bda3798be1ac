package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_DIGEST_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.BLOB_SIZE_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.FILE_DIGEST;
import static dev.slipway.bundle.BundleException.Reason.INDEX_INVALID;
import static dev.slipway.bundle.BundleException.Reason.LENGTH;
import static dev.slipway.bundle.BundleException.Reason.PATH;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Opens a bundle with a key, on a device or on the publisher's machine. It stops at the first thing
 * that is wrong, and then leaves nothing behind.
 *
 * <p>A blob is read twice, once for its digest and once to decrypt it: the source is a disk, not a
 * network.
 */
public final class Opener {

  private final VerifiedManifest verified;
  private final WrappingKey key;
  private final BlobSource blobs;

  /**
   * What is in a bundle.
   *
   * @param files its files, sorted by path
   * @param notes what is new, by language
   */
  public record Contents(List<Entry> files, Map<String, String> notes) {

    /** One file: where it goes, its length and the SHA-256 of its bytes. */
    public record Entry(String path, long length, Digest digest) {}
  }

  /**
   * @param verified a manifest whose signature has been verified
   * @param key a key that the bundle is sealed for
   * @param blobs where its blobs are
   */
  public Opener(VerifiedManifest verified, WrappingKey key, BlobSource blobs) {
    this.verified = verified;
    this.key = key;
    this.blobs = blobs;
  }

  /**
   * Reads the index alone.
   *
   * @throws BundleException if the key does not open it, or if it is not the manifest's
   */
  public Contents list() throws IOException {
    return contents(index());
  }

  /**
   * Opens all files into a folder that does not exist yet. The folder is there, complete and
   * verified, if and only if this returns.
   *
   * @throws BundleException if anything is not as publisher and index say
   */
  public Contents open(Path folder) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    Manifest manifest = verified.manifest();
    Index index = index();
    for (Blob blob : manifest.blobs()) {
      requireContent(blob);
    }
    Map<Digest, Blob> byId =
        manifest.blobs().stream().collect(Collectors.toMap(Blob::id, blob -> blob));
    Files.createDirectory(target);
    boolean complete = false;
    try {
      for (Index.File file : index.files()) {
        Blob blob = byId.get(file.blob());
        if (blob != null) {
          write(file, blob, target);
        }
      }
      complete = true;
    } finally {
      if (!complete) {
        Folders.delete(target);
      }
    }
    return contents(index);
  }

  private Index index() throws IOException {
    Manifest manifest = verified.manifest();
    Secret cek = key.unwrap(manifest);
    Blob blob = manifest.index();
    if (Blob.plainLength(blob.size()) > Index.MAX_BYTES) {
      throw new BundleException(INDEX_INVALID).with("bytes", blob.size());
    }
    requireContent(blob);
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    byte[] context = KeySchedule.indexContext(manifest.appId(), manifest.version());
    try (InputStream in = blobs.open(blob.id())) {
      BlobCodec.open(new Limited(in, blob.size()), plain, KeySchedule.indexKey(cek), context);
    }
    Index index = Index.read(plain.toByteArray());
    index.requireMatches(manifest);
    return index;
  }

  private void write(Index.File file, Blob blob, Path target) throws IOException {
    Path path = resolve(target, file.path());
    Files.createDirectories(path.getParent());
    try (DigestOutputStream out =
            new DigestOutputStream(
                new BufferedOutputStream(
                    Files.newOutputStream(
                        path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    1 << 16),
                Digest.newSha256());
        InputStream in = blobs.open(blob.id())) {
      long length =
          BlobCodec.open(
              new Limited(in, blob.size()),
              out,
              file.key(),
              KeySchedule.fileContext(verified.manifest().appId()));
      if (length != file.length()) {
        throw new BundleException(LENGTH).with("blob", blob.id());
      }
      if (!Digest.of(out.getMessageDigest().digest()).equals(file.digest())) {
        throw new BundleException(FILE_DIGEST).with("blob", blob.id());
      }
    }
  }

  private static Path resolve(Path target, String path) throws IOException {
    Path resolved;
    try {
      resolved = target.resolve(path);
    } catch (InvalidPathException e) {
      // The path keeps the rules, but the locale of this process has no letters for it.
      throw new IOException(
          "this system cannot name a file of the bundle; is its locale UTF-8?", e);
    }
    // The index has been held against the rules before; this is for the day when they have a hole.
    if (!resolved.normalize().startsWith(target)) {
      throw new BundleException(PATH);
    }
    return resolved;
  }

  /** Reads a blob once, but never more than a byte too much, and refuses other bytes. */
  private void requireContent(Blob blob) throws IOException {
    try (InputStream in = blobs.open(blob.id())) {
      DigestInputStream digesting =
          new DigestInputStream(
              new BufferedInputStream(new Limited(in, blob.size()), 1 << 16), Digest.newSha256());
      long size = digesting.transferTo(OutputStream.nullOutputStream());
      if (size != blob.size() || in.read() >= 0) {
        throw new BundleException(BLOB_SIZE_MISMATCH).with("blob", blob.id());
      }
      if (!Digest.of(digesting.getMessageDigest().digest()).equals(blob.id())) {
        throw new BundleException(BLOB_DIGEST_MISMATCH).with("blob", blob.id());
      }
    }
  }

  private static Contents contents(Index index) {
    return new Contents(
        index.files().stream()
            .map(file -> new Contents.Entry(file.path(), file.length(), file.digest()))
            .collect(Collectors.toList()),
        index.notes());
  }
}
