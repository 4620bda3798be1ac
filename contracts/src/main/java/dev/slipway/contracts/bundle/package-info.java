@NullMarked
package dev.slipway.contracts.bundle;

import org.jspecify.annotations.NullMarked;
