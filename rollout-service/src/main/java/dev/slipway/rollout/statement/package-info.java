/// What agents are shown to believe a channel: statements signed by keys that publishers name.
@NullMarked
package dev.slipway.rollout.statement;

import org.jspecify.annotations.NullMarked;
