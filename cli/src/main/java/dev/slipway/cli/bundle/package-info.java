/// Keys and bundles on the publisher's machine.
@NullMarked
package dev.slipway.cli.bundle;

import org.jspecify.annotations.NullMarked;
