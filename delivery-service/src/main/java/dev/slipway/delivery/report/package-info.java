@NullMarked
package dev.slipway.delivery.report;

import org.jspecify.annotations.NullMarked;
