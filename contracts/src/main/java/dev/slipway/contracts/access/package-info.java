@NullMarked
package dev.slipway.contracts.access;

import org.jspecify.annotations.NullMarked;
