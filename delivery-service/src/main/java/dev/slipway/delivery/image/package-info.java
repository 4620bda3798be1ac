@NullMarked
package dev.slipway.delivery.image;

import org.jspecify.annotations.NullMarked;
