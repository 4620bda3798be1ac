package dev.slipway.ingest.blob;

import static dev.slipway.bundle.BundleException.Reason.BLOB_LENGTH_INVALID;

import dev.slipway.bundle.Blob;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;

/// Which lengths an upload of a kind can have. Whether a sealed one is a blob or an encrypted zip
/// gets known only with the manifest that names it, and then the exact rule is applied; until then
/// it may be either.
final class BlobLength {

  private static final int AES_BLOCK = 16;

  private BlobLength() {}

  /// Refuses a length that nothing of this kind can have.
  ///
  /// @throws BundleException `blob-truncated` or `blob-length-invalid`
  static void require(Digest id, Kind kind, long size) {
    boolean inBlocks = size > 0 && size % AES_BLOCK == 0;
    switch (kind) {
      case SEALED -> {
        if (!inBlocks) new Blob(id, size);
      }
      case CAPGO -> {
        if (!inBlocks) {
          throw new BundleException(BLOB_LENGTH_INVALID).with("size", size).with("multiple_of", 16);
        }
      }
      case PLAIN -> {}
    }
  }
}
