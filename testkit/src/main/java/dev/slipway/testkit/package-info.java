/// What the tests of all modules share.
@NullMarked
package dev.slipway.testkit;

import org.jspecify.annotations.NullMarked;
