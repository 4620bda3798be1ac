@NullMarked
package dev.slipway.delivery.ack;

import org.jspecify.annotations.NullMarked;
