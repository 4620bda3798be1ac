package dev.slipway.contracts.release;

import dev.slipway.contracts.ChannelName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with the release statement of a channel.
 *
 * @param seq its number
 * @param renewAt when the next one follows, if nothing changes before
 * @param coveredUntil when the last delegation ends that the certificate which signs now made for
 *     this channel; absent without any: agents that trust it believe nobody
 * @param daysLeft whole days until then; 0 after it, or without any
 */
public record StatementView(
    ChannelName channel,
    State state,
    @Nullable Long seq,
    @Nullable Instant issuedAt,
    @Nullable Instant expiresAt,
    @Nullable Instant renewAt,
    @Nullable Instant coveredUntil,
    long daysLeft) {

  /** Whether agents believe the channel. */
  public enum State {
    /** There is one that has not run out. */
    IN_FORCE,
    /** The last one has run out. */
    EXPIRED,
    /** There never was one, or no delegation is left that it could be signed by. */
    NONE
  }
}
