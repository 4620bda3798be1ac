package dev.slipway.cli.publish;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What publishes a bundle of the Capgo command line, once its bytes are there.
record NewCapgoBundle(
    Version version,
    String sessionKey,
    String checksum,
    @Nullable String keyId,
    @Nullable Zip zip,
    @Nullable List<File> files,
    @Nullable String nativeMin,
    @Nullable String link,
    @Nullable String comment) {

  record Zip(Digest id, long size) {}

  record File(String fileName, String fileHash, Digest id, long size) {}
}
