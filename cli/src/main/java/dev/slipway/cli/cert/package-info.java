/// The certificates that a publisher signs with.
@NullMarked
package dev.slipway.cli.cert;

import org.jspecify.annotations.NullMarked;
