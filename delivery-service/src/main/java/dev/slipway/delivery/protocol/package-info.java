@NullMarked
package dev.slipway.delivery.protocol;

import org.jspecify.annotations.NullMarked;
