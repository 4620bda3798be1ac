/// The rollout service: apps, channels, rollouts and access keys, and what of it devices are told.
@NullMarked
package dev.slipway.rollout;

import org.jspecify.annotations.NullMarked;
