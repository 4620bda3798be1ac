/// Registered applications.
@NullMarked
package dev.slipway.rollout.app;

import org.jspecify.annotations.NullMarked;
