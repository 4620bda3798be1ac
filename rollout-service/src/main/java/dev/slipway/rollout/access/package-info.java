/// Access keys: the first owner's, and those that owners make.
@NullMarked
package dev.slipway.rollout.access;

import org.jspecify.annotations.NullMarked;
