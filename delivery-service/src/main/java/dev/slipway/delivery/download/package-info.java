@NullMarked
package dev.slipway.delivery.download;

import org.jspecify.annotations.NullMarked;
