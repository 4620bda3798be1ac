@NullMarked
package dev.slipway.delivery.device;

import org.jspecify.annotations.NullMarked;
