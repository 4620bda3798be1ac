package dev.slipway.contracts.bundle;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a version from what the stock Capgo tools made, once its bytes have been uploaded: a
 * zip, its files one by one, or both.
 *
 * @param sessionKey base64 IV, colon, base64 wrapped AES key; absent or empty in the clear
 * @param checksum of the plain zip, as the Capgo command line printed it: 512 hex digits (V3),
 *     base64 of 256 bytes (V2), or in the clear 64 hex digits (SHA-256) or 8 (CRC32); absent or
 *     empty where there are files only
 * @param keyId the first 20 characters of the public key's base64 body; never more of that key
 * @param files all files of the version, at most 10,000
 * @param nativeMin the lowest native version that can run it
 * @param link for the people in front of the device
 * @param comment for them too
 */
public record NewCapgoBundle(
    Version version,
    @Nullable String sessionKey,
    @Nullable String checksum,
    @Nullable String keyId,
    @Nullable Zip zip,
    @Nullable List<File> files,
    @Nullable String nativeMin,
    @Nullable String link,
    @Nullable String comment) {

  public NewCapgoBundle {
    files = files == null ? null : List.copyOf(files);
  }

  /**
   * A zip as it is stored.
   *
   * @param id SHA-256 of its bytes, also its address
   */
  public record Zip(Digest id, long size) {}

  /**
   * A file as it is stored, and what the plugin is told of it.
   *
   * @param fileName as devices get it; ends in {@code .br} where the bytes are Brotli
   * @param fileHash SHA-256 of the plain, decompressed file in hex; wrapped where it is encrypted
   * @param id SHA-256 of the stored bytes, also their address
   */
  public record File(String fileName, String fileHash, Digest id, long size) {}
}
