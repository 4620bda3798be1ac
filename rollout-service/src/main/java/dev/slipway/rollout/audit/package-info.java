/// Who changed what, when and why: written with the change, chained, signed now and then.
@NullMarked
package dev.slipway.rollout.audit;

import org.jspecify.annotations.NullMarked;
