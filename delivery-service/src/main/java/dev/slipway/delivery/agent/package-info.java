/// Slipway's own protocol, for the device agent: check, reports, enrolment.
@NullMarked
package dev.slipway.delivery.agent;

import org.jspecify.annotations.NullMarked;
