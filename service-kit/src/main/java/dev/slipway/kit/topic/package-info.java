@NullMarked
package dev.slipway.kit.topic;

import org.jspecify.annotations.NullMarked;
