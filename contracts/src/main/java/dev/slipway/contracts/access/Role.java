package dev.slipway.contracts.access;

/** What the bearer of an access key may do. */
public enum Role {
  /** Everything, access keys included. */
  OWNER,
  /** Publish, roll out, roll back. */
  RELEASER,
  /** Publish bundles, nothing else: for build machines. */
  PUBLISHER,
  /** Pin, migrate and revoke publishers' certificates. */
  CERTIFICATE_OFFICER,
  /** Look up devices and put them on another channel. */
  SUPPORT,
  /** Read the audit. */
  AUDITOR,
  /** Look, change nothing. */
  VIEWER
}
