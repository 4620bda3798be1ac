package dev.slipway.contracts.access;

/** What the bearer of an access key may do. */
public enum Role {
  /** Everything, access keys included. */
  OWNER,
  /** Publish, roll out, roll back. */
  RELEASER,
  /** Publish bundles, nothing else: for build machines. */
  PUBLISHER,
  /** Look, change nothing. */
  VIEWER
}
