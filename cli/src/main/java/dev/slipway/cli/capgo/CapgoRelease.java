package dev.slipway.cli.capgo;

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

  /// Holds the zip against its checksum as a device would: a mistake is better found here than by a
  /// fleet. An encrypted zip can be checked with the app's public key only.
  ///
  /// @return whether it was checked
  /// @throws CommandFailure if it is not what the checksum says
  public boolean check(@Nullable CapgoPublicKey key) throws IOException {
    if (zip == null) return false;
    switch (scheme()) {
      case PLAIN_SHA256 -> {
        Digest found = digest(Files.newInputStream(zip));
        require(HexFormat.of().formatHex(found.bytes()).equals(checksum), "SHA-256 of the zip");
      }
      case PLAIN_CRC32 -> {
        try (var in =
            new CheckedInputStream(
                new BufferedInputStream(Files.newInputStream(zip)), new CRC32())) {
          in.transferTo(OutputStream.nullOutputStream());
          require(
              "%08x".formatted(in.getChecksum().getValue()).equals(checksum), "CRC32 of the zip");
        }
      }
      case V2, V3 -> {
        if (key == null) return false;
        try {
          var session = CapgoSession.open(key, sessionKey);
          Digest wanted = key.unwrapDigest(checksum);
          require(
              digest(session.decrypt(Files.newInputStream(zip))).equals(wanted),
              "SHA-256 of the decrypted zip");
        } catch (BundleException e) {
          throw new CommandFailure(
              "Devices could not open this zip: the app's public key %s, the session key, the checksum and the zip do not belong together (%s)"
                  .formatted(key.keyId(), e.reason().slug()),
              e);
        }
      }
    }
    return true;
  }

  private void require(boolean condition, String what) {
    if (!condition) {
      throw new CommandFailure(
          "The %s is not the one that --checksum names: is %s the file that the Capgo command line made?"
              .formatted(what, zip));
    }
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
