package dev.slipway.contracts.release;

import dev.slipway.bundle.Digest;

/**
 * A key by which the service signs release statements.
 *
 * @param id by which statements name it
 * @param publicKey Ed25519, 32 bytes in base64url: what a delegation names
 * @param name its file, or its alias in the key store
 * @param delegations how many delegations in force name it; a former key that none names can go
 */
public record ReleaseKeyView(Digest id, String publicKey, String name, long delegations) {}
