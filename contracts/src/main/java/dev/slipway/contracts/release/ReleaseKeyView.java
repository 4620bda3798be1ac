package dev.slipway.contracts.release;

import dev.slipway.bundle.Digest;

/**
 * A key by which the service signs release statements.
 *
 * @param id by which statements name it
 * @param publicKey Ed25519, 32 bytes in base64url: what a delegation names
 */
public record ReleaseKeyView(Digest id, String publicKey, String name) {}
