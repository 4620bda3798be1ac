@NullMarked
package dev.slipway.contracts.http;

import org.jspecify.annotations.NullMarked;
