@NullMarked
package dev.slipway.kit.access;

import org.jspecify.annotations.NullMarked;
