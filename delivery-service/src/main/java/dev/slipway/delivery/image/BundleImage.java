package dev.slipway.delivery.image;

import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.contracts.device.Platform;
import dev.slipway.delivery.decide.Plugin;
import dev.slipway.delivery.device.DeviceKeys;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A bundle, ready to be offered.
///
/// @param name its version
/// @param keyId the key that it is wrapped for, if the publisher said so
/// @param order its place among semantic versions; absent where its name is none
/// @param nativeMin the lowest native version that can run it, if it names one
/// @param nameHash of its version, in the tables per device
/// @param files absent while the list has not been read, and where there is none
/// @param offers the stock plugin's answers
public record BundleImage(
    BundleState state,
    String name,
    @Nullable String keyId,
    @Nullable SemVer order,
    @Nullable SemVer nativeMin,
    int nameHash,
    @Nullable FileList files,
    Offers offers) {

  /// The stock plugin's answers in UTF-8, never to be written to; absent where the publisher made
  /// no such rendition, or it is not read yet.
  record Offers(
      @Nullable ByteBuffer zip,
      @Nullable ByteBuffer zipWithMetadata,
      @Nullable ByteBuffer files,
      @Nullable ByteBuffer filesWithMetadata) {
    static final Offers NONE = new Offers(null, null, null, null);
  }

  static BundleImage of(BundleState state, @Nullable FileList files, OfferWriter writer) {
    var nativeMin = state.compat().nativeMin();
    return new BundleImage(
        state,
        state.version().text(),
        state.capgo() == null ? null : state.capgo().keyId(),
        SemVer.coerce(state.version().text()).orElse(null),
        nativeMin == null ? null : SemVer.coerce(nativeMin).orElse(null),
        DeviceKeys.name(state.version().text()),
        files,
        state.capgo() == null ? Offers.NONE : writer.write(state, state.capgo(), files));
  }

  public boolean isPublished() {
    return switch (state.status()) {
      case PUBLISHED -> true;
      case WITHDRAWN -> false;
    };
  }

  public boolean runsOn(Platform platform) {
    var platforms = state.compat().platforms();
    return platforms.isEmpty() || platforms.contains(platform);
  }

  /// Whether the plugin can install one of its renditions.
  ///
  /// @param sealed whether the app allows nothing that is in the clear
  public boolean opensWith(Plugin plugin, boolean sealed) {
    var capgo = state.capgo();
    if (capgo == null || sealed && capgo.scheme() == Scheme.PLAIN) return false;
    return capgo.id() != null && plugin.opensZip(capgo.scheme()) || opensFilesWith(plugin, capgo);
  }

  private boolean opensFilesWith(Plugin plugin, BundleState.Capgo capgo) {
    return capgo.files() != null
        && plugin.opensFiles(capgo.scheme())
        // The plugin fails on an empty file that is encrypted.
        && (files == null || !files.hasEmpty() || capgo.scheme() == Scheme.PLAIN);
  }

  /// The answer for a plugin that [#opensWith] it: with the list of files where the plugin takes
  /// one, else the zip alone. Nothing as long as a list without a zip has not been read.
  ///
  /// @param metadata whether to show its link and comment
  public @Nullable ByteBuffer offer(Plugin plugin, boolean metadata) {
    var capgo = state.capgo();
    if (capgo == null) return null;
    if (files != null && opensFilesWith(plugin, capgo)) {
      return metadata ? offers.filesWithMetadata() : offers.files();
    }
    if (!plugin.opensZip(capgo.scheme())) return null;
    return metadata ? offers.zipWithMetadata() : offers.zip();
  }
}
