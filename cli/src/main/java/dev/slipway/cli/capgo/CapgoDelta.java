package dev.slipway.cli.capgo;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The list of a release's files, from which the plugin takes those that it does not have. It lies
/// beside the files as `slipway-delta.json`.
///
/// @param sessionKey `base64(IV):base64(wrapped key)`, the same for all files; empty where they are
///     not encrypted
/// @param keyId the first 20 base64 characters of the public key that opens them
/// @param manifest sorted by name
public record CapgoDelta(String sessionKey, @Nullable String keyId, List<Entry> manifest) {

  /// The name of the file in which a folder's delta is kept.
  public static final String FILE = "slipway-delta.json";

  /// @param fileName ends in `.br` where the bytes are Brotli
  /// @param fileHash the SHA-256 of the plain, decompressed file in hex, wrapped where files are
  ///     encrypted
  public record Entry(String fileName, String fileHash) {}

  public CapgoDelta {
    manifest = List.copyOf(manifest);
  }
}
