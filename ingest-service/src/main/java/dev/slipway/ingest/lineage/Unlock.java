package dev.slipway.ingest.lineage;

import dev.slipway.contracts.bundle.NewUnlock.Kind;
import java.util.UUID;

/// An exception that was asked for, approved by a second person, and is neither used nor over.
///
/// @param subject what it is about: the fingerprint of a certificate, or an epoch in digits
public record Unlock(UUID id, Kind kind, String subject) {}
