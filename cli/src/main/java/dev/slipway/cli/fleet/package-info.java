/// A simulated fleet: devices as pure state machines, which speak the stock plugin's protocol over
/// real HTTP.
@NullMarked
package dev.slipway.cli.fleet;

import org.jspecify.annotations.NullMarked;
