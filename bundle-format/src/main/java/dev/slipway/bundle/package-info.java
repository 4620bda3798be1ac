/**
 * The sealed bundle, {@code slipway-bundle/1}: what a publisher's machine makes, the servers store
 * without being able to read, and a device opens. Values, writers, readers and the verifier stand
 * apart; whatever a hostile file does, a parser answers with {@link
 * dev.slipway.bundle.BundleException} and nothing else.
 *
 * <p>A publisher begins with {@link dev.slipway.bundle.KeyRing} and {@link
 * dev.slipway.bundle.Sealer}. Who receives a bundle asks in this order: {@link
 * dev.slipway.bundle.Container} (is it whole), {@link dev.slipway.bundle.ManifestVerifier#check}
 * (who signed it), {@link dev.slipway.bundle.Continuity#judge} (are they to be trusted), {@link
 * dev.slipway.bundle.Opener} (what is in it). No method reads the clock of the machine, a system
 * property or the network.
 */
@NullMarked
package dev.slipway.bundle;

import org.jspecify.annotations.NullMarked;
