@NullMarked
package dev.slipway.contracts.topic;

import org.jspecify.annotations.NullMarked;
