/// Who may do what, who did what, and whom others are told: access keys, the audit, webhooks.
@NullMarked
package dev.slipway.cli.people;

import org.jspecify.annotations.NullMarked;
