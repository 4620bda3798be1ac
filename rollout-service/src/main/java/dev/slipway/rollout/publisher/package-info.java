/// What ingest says of the publishers' certificates.
@NullMarked
package dev.slipway.rollout.publisher;

import org.jspecify.annotations.NullMarked;
