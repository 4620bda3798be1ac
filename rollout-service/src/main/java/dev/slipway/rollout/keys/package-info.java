/// The service's own signing keys: files that only it may read.
@NullMarked
package dev.slipway.rollout.keys;

import org.jspecify.annotations.NullMarked;
