/// Talking to the services of the suite.
@NullMarked
package dev.slipway.cli.http;

import org.jspecify.annotations.NullMarked;
