package dev.slipway.delivery.image;

import dev.slipway.contracts.bundle.BundleState;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A bundle, ready to be offered.
///
/// @param order its place among semantic versions; absent where its name is none
/// @param offer the stock plugin's answer in UTF-8, read-only; absent where the publisher made no
///     rendition for it
public record BundleImage(BundleState state, @Nullable SemVer order, @Nullable ByteBuffer offer) {

  public boolean isPublished() {
    return switch (state.status()) {
      case PUBLISHED -> true;
      case WITHDRAWN -> false;
    };
  }
}
