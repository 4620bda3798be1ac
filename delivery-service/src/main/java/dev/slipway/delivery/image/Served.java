package dev.slipway.delivery.image;

import dev.slipway.delivery.device.Devices;

/// What devices are answered from.
///
/// @param live whether it follows the topics; otherwise it is what was known before a restart, and
///     of no use to say on which side of a rollout a device is
public record Served(DeliveryImage image, Devices devices, boolean live) {}
