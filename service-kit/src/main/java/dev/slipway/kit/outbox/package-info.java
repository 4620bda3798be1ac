@NullMarked
package dev.slipway.kit.outbox;

import org.jspecify.annotations.NullMarked;
