/// What others are told over HTTP: signed, tried again for days, and never to an address inside.
@NullMarked
package dev.slipway.rollout.webhook;

import org.jspecify.annotations.NullMarked;
