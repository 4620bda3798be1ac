package dev.slipway.contracts.agent;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Platform;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/apps/{app}/check}: an agent asks whether there is something new.
 *
 * @param channel that the device wants; its app's default unless given
 * @param version that runs; absent for what the store delivered
 * @param securityEpoch the highest epoch of a version that started healthily on the device; nothing
 *     below it is installed again
 * @param statementSeq of the newest statement that the device has seen
 * @param trustedLeaf the certificate whose releases the device installs
 * @param failed versions that failed on the device; at most 64
 * @param attributes what the app says of the device, for targeting; at most 16
 */
public record AgentCheck(
    DeviceId deviceId,
    @Nullable String channel,
    Platform platform,
    String nativeVersion,
    String osVersion,
    @Nullable Version version,
    long securityEpoch,
    @Nullable Long statementSeq,
    Digest trustedLeaf,
    @Nullable List<Version> failed,
    @Nullable Map<String, String> attributes) {

  private static final int MAX_FAILED = 64;
  private static final int MAX_ATTRIBUTES = 16;
  private static final int MAX_TEXT = 256;

  public AgentCheck {
    failed = failed == null ? List.of() : List.copyOf(failed);
    attributes = attributes == null ? Map.of() : Map.copyOf(attributes);
    if (failed.size() > MAX_FAILED) throw new IllegalArgumentException("at most 64 failed");
    if (attributes.size() > MAX_ATTRIBUTES) {
      throw new IllegalArgumentException("at most 16 attributes");
    }
    if (securityEpoch < 0) throw new IllegalArgumentException("security_epoch is not negative");
    if (nativeVersion.length() > MAX_TEXT || osVersion.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          "native_version and os_version have at most 256 characters");
    }
    for (var attribute : attributes.entrySet()) {
      if (attribute.getKey().length() > MAX_TEXT || attribute.getValue().length() > MAX_TEXT) {
        throw new IllegalArgumentException("an attribute has at most 256 characters");
      }
    }
  }
}
