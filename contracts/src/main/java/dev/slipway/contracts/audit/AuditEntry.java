package dev.slipway.contracts.audit;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One line of the audit: who did, or was refused, what, when, from where and why. Lines form a
 * chain: each names the hash of the one before it, so that none can be altered or taken out
 * unnoticed. {@code dev.slipway.decisions.audit.AuditChain} says how the hash is made.
 *
 * @param seq rises by one from line to line, from 1
 * @param at in whole milliseconds
 * @param actor the id of the access key, or of the service's part that did it by itself: {@code
 *     clock}, {@code telemetry}, {@code installation}, {@code anonymous}
 * @param actorName the name that the access key had
 * @param origin the network address that the request came from
 * @param action as in {@code app.create}, {@code rollout.pause}
 * @param subject what it was done to, as in {@code apps/com.example.app}
 * @param reason what the person said
 * @param problem the slug of the refusal, if it was one
 * @param before SHA-256 of the state before, where there was one
 * @param after SHA-256 of the state after
 * @param previous the hash of the line before
 */
public record AuditEntry(
    long seq,
    Instant at,
    String actor,
    @Nullable String actorName,
    @Nullable String origin,
    String action,
    @Nullable AppId appId,
    String subject,
    @Nullable String reason,
    @Nullable String problem,
    @Nullable Digest before,
    @Nullable Digest after,
    Digest previous,
    Digest hash) {}
