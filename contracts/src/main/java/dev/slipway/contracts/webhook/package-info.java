/** What others are told over HTTP, and where. */
@NullMarked
package dev.slipway.contracts.webhook;

import org.jspecify.annotations.NullMarked;
