@NullMarked
package dev.slipway.contracts.app;

import org.jspecify.annotations.NullMarked;
