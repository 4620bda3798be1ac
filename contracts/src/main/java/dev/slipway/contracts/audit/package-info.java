/** The record of who changed what. */
@NullMarked
package dev.slipway.contracts.audit;

import org.jspecify.annotations.NullMarked;
