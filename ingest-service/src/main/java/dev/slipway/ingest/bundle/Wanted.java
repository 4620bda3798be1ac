package dev.slipway.ingest.bundle;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.contracts.bundle.BundleState.Status;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Which versions somebody wants to see; an absent member asks for nothing.
///
/// @param certificate the leaf that signed them
record Wanted(@Nullable Status status, @Nullable Format format, @Nullable Digest certificate) {

  /// Names the columns that are asked for, and their values.
  void each(BiConsumer<String, Object> column) {
    if (status != null) column.accept("status", BundleRow.word(status));
    if (format != null) column.accept("format", BundleRow.word(format));
    if (certificate != null) column.accept("publisherLeaf", certificate.text());
  }
}
