/**
 * The sealed bundle, {@code slipway-bundle/1}: what a publisher's machine makes, the servers store
 * without being able to read, and a device opens. Values, writers, readers and the verifier stand
 * apart; whatever a hostile file does, a parser answers with {@link
 * dev.slipway.bundle.BundleException} and nothing else.
 */
@NullMarked
package dev.slipway.bundle;

import org.jspecify.annotations.NullMarked;
