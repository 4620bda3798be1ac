/// Devices that operators put on a channel.
@NullMarked
package dev.slipway.rollout.override;

import org.jspecify.annotations.NullMarked;
