/** How the audit is chained and signed: the same in the service and for whoever checks it. */
@NullMarked
package dev.slipway.decisions.audit;

import org.jspecify.annotations.NullMarked;
