/// The keys and certificates of a publisher: made, kept and changed on the publisher's side.
@NullMarked
package dev.slipway.cli.keys;

import org.jspecify.annotations.NullMarked;
