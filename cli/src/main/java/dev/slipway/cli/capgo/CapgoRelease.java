package dev.slipway.cli.capgo;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.CapgoPublicKey;
import dev.slipway.bundle.CapgoSession;
import dev.slipway.bundle.Digest;
import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.Version;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;

/// A bundle as the Capgo command line makes it: a zip, its files one by one, or both, encrypted
/// under one session or not at all. Sent as it is; what can be checked here, is.
///
/// @param sessionKey empty where it is not encrypted
/// @param checksum of the zip; empty where there are files only
/// @param keyId the first 20 base64 characters of the public key in the app
public record CapgoRelease(
    AppId app,
    Version version,
    String sessionKey,
    String checksum,
    @Nullable String keyId,
    @Nullable Path zip,
    List<CapgoFile> files,
    @Nullable String nativeMin,
    @Nullable String link,
    @Nullable String comment) {

  private static final Digest EMPTY = Digest.sha256(new byte[0]);

  /// One file of a delta.
  ///
  /// @param name as devices get it; ends in `.br` where the bytes are Brotli
  /// @param hash the SHA-256 of the plain bytes in hex, wrapped where they are encrypted
  public record CapgoFile(String name, String hash, Path file) {}

  public CapgoRelease {
    files = List.copyOf(files);
  }

  /// How zip and session are protected.
  public CapgoScheme scheme() {
    return CapgoScheme.of(sessionKey, zip == null ? checksumOfFiles() : checksum);
  }

  private String checksumOfFiles() {
    if (files.isEmpty()) throw new CommandFailure("There is neither a zip nor a file to publish");
    return files.getFirst().hash();
  }

  /// Holds the zip against its checksum and each file against its hash, as a device would: a
  /// mistake is better found here than by a fleet. What is encrypted can be checked with the app's
  /// public key only.
  ///
  /// @param key the app's public key, where it is at hand
  /// @return whether it was checked
  /// @throws CommandFailure if something is not what it should be
  public boolean check(@Nullable CapgoPublicKey key) throws IOException {
    if (!scheme().isEncrypted()) {
      checkPlain();
      return true;
    }
    if (key == null) return false;
    try {
      checkEncrypted(key, CapgoSession.open(key, sessionKey));
    } catch (BundleException e) {
      throw new CommandFailure(
          ("Devices could not open this: the app's public key %s, the session key, the checksums and"
                  + " the bytes do not belong together (%s)")
              .formatted(key.keyId(), e.reason().slug()),
          e);
    }
    return true;
  }

  private void checkPlain() throws IOException {
    if (zip != null && scheme() == CapgoScheme.PLAIN_CRC32) {
      try (var in = new CheckedInputStream(open(zip), new CRC32())) {
        in.transferTo(OutputStream.nullOutputStream());
        require("%08x".formatted(in.getChecksum().getValue()).equals(checksum), zip, "CRC32");
      }
    } else if (zip != null) {
      require(hex(digest(open(zip))).equals(checksum), zip, "SHA-256");
    }
    for (CapgoFile file : files) {
      require(
          hex(digest(content(file, open(file.file())))).equals(file.hash()), file.file(), "hash");
    }
  }

  private void checkEncrypted(CapgoPublicKey key, CapgoSession session) throws IOException {
    if (zip != null) {
      Digest wanted = key.unwrapDigest(checksum);
      require(digest(session.decrypt(open(zip))).equals(wanted), zip, "decrypted SHA-256");
    }
    for (CapgoFile file : files) {
      Digest wanted = key.unwrapDigest(file.hash());
      if (wanted.equals(EMPTY)) {
        throw new CommandFailure(
            "'%s' is empty: encrypted, no device can install it. Publish the zip alone, or leave the"
                    .formatted(file.name())
                + " file out");
      }
      InputStream plain = session.decrypt(open(file.file()));
      require(digest(content(file, plain)).equals(wanted), file.file(), "decrypted hash");
    }
  }

  /// The file as a device has it in the end.
  private static InputStream content(CapgoFile file, InputStream stored) throws IOException {
    if (!file.name().endsWith(DeltaMaker.BROTLI_SUFFIX)) return stored;
    Brotli4jLoader.ensureAvailability();
    return new BrotliInputStream(stored);
  }

  private static void require(boolean condition, Path file, String what) {
    if (!condition) {
      throw new CommandFailure(
          "The %s of %s is not the one that is given with it: is it the file that was meant?"
              .formatted(what, file));
    }
  }

  private static String hex(Digest digest) {
    return HexFormat.of().formatHex(digest.bytes());
  }

  private static InputStream open(Path file) throws IOException {
    return new BufferedInputStream(Files.newInputStream(file), 1 << 16);
  }

  private static Digest digest(InputStream in) throws IOException {
    try (var digesting = new DigestInputStream(in, sha256())) {
      digesting.transferTo(OutputStream.nullOutputStream());
      return Digest.of(digesting.getMessageDigest().digest());
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /// The SHA-256 of a file's bytes, under which the service keeps them.
  public static Digest digest(Path file) throws IOException {
    return digest(Files.newInputStream(file));
  }
}
