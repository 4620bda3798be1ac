@NullMarked
package dev.slipway.contracts.device;

import org.jspecify.annotations.NullMarked;
