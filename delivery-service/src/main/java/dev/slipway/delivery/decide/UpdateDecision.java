package dev.slipway.delivery.decide;

import dev.slipway.delivery.image.BundleImage;
import dev.slipway.delivery.image.ChannelImage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What a device is told when it asks for an update.
public sealed interface UpdateDecision {

  /// It is to fetch this bundle.
  ///
  /// @param candidate whether it is the candidate of the channel's rollout, not its baseline
  /// @param answer in UTF-8, never to be written to
  record Offer(ChannelImage channel, BundleImage bundle, boolean candidate, ByteBuffer answer)
      implements UpdateDecision {}

  /// It runs what it is to run.
  record UpToDate() implements UpdateDecision {}

  /// It runs what the store delivered, and is to.
  record AlreadyBuiltin() implements UpdateDecision {}

  /// It is to go back to what the store delivered.
  record ToBuiltin() implements UpdateDecision {}

  /// It gets nothing.
  ///
  /// @param version that it would have got; absent where that is not its business
  /// @param old what the version was measured against
  record Refused(Refusal reason, @Nullable String version, @Nullable String old)
      implements UpdateDecision {
    public Refused(Refusal reason) {
      this(reason, null, null);
    }
  }

  /// The bundle is wrapped for another key than the device has.
  record KeyMismatch(String deviceKeyId, String bundleKeyId) implements UpdateDecision {}
}
