package dev.slipway.contracts.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An exception that somebody asked for.
 *
 * @param requestedBy the access key that asked
 * @param expiresAt after which it counts no more, approved or not
 * @param approvedBy another access key; absent until somebody approved
 * @param usedIn the version that made use of it
 */
public record UnlockView(
    UUID id,
    AppId appId,
    NewUnlock.Kind kind,
    @Nullable Digest certificate,
    @Nullable Long securityEpoch,
    String reason,
    String requestedBy,
    Instant requestedAt,
    Instant expiresAt,
    @Nullable String approvedBy,
    @Nullable Instant approvedAt,
    @Nullable Version usedIn) {}
