package dev.slipway.ingest.bundle;

import dev.slipway.ingest.lineage.Trust;

/// What a publication of an app is held against, at one moment.
public record Standing(Trust trust, History history) {}
