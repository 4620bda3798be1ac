@NullMarked
package dev.slipway.kit.http;

import org.jspecify.annotations.NullMarked;
