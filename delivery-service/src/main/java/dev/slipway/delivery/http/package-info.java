@NullMarked
package dev.slipway.delivery.http;

import org.jspecify.annotations.NullMarked;
