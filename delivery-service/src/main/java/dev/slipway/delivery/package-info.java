@NullMarked
package dev.slipway.delivery;

import org.jspecify.annotations.NullMarked;
