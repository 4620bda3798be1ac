package dev.slipway.ingest.blob;

import dev.slipway.bundle.Blob;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;

/// Which lengths an upload can have. What it is gets known only with the manifest that names it,
/// and then the exact rule of its kind is applied; until then it may be either.
final class BlobLength {

  private static final int AES_BLOCK = 16;

  private BlobLength() {}

  /// Refuses a length that neither a sealed blob nor an encrypted zip can have.
  ///
  /// @throws BundleException `blob-truncated` or `blob-length-invalid`
  static void require(Digest id, long size) {
    boolean encryptedZip = size > 0 && size % AES_BLOCK == 0;
    if (!encryptedZip) {
      new Blob(id, size);
    }
  }
}
