/// The rules of channels and rollouts, pure: a channel, an order and the time go in; events and the
/// channel's new state come out. Nothing here knows of HTTP, Kafka or a database.
@NullMarked
package dev.slipway.rollout.plan;

import org.jspecify.annotations.NullMarked;
