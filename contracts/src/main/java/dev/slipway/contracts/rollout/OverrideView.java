package dev.slipway.contracts.rollout;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import java.time.Instant;

/** A device that an operator put on a channel. */
public record OverrideView(
    AppId appId,
    DeviceId deviceId,
    ChannelName channel,
    String reason,
    String accessKey,
    Instant changedAt) {}
