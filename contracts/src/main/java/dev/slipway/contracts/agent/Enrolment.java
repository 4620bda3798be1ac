package dev.slipway.contracts.agent;

import dev.slipway.contracts.DeviceId;
import java.time.Instant;

/**
 * The answer to a {@link NewDevice}.
 *
 * @param deviceId follows from the key: the same key is the same device
 * @param enrolment proves the enrolment to every instance of the service; sent with signed requests
 *     in the header {@code Slipway-Enrolment}
 */
public record Enrolment(DeviceId deviceId, String enrolment, Instant enrolledAt) {}
