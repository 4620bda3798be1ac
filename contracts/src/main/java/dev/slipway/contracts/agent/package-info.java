/** What the device agent and the delivery service say to each other over HTTP. */
@NullMarked
package dev.slipway.contracts.agent;

import org.jspecify.annotations.NullMarked;
