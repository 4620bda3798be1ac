/// Orders about the whole installation.
@NullMarked
package dev.slipway.rollout.admin;

import org.jspecify.annotations.NullMarked;
