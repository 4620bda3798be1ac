@NullMarked
package dev.slipway.kit.health;

import org.jspecify.annotations.NullMarked;
