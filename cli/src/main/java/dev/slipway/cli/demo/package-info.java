/// The demonstration of the whole suite.
@NullMarked
package dev.slipway.cli.demo;

import org.jspecify.annotations.NullMarked;
