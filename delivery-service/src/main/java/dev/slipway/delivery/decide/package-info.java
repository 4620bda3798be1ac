@NullMarked
package dev.slipway.delivery.decide;

import org.jspecify.annotations.NullMarked;
