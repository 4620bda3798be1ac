package dev.slipway.contracts.rollout;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A channel as its people see it.
 *
 * @param retryFrom devices on which a version failed before this instant may try it again
 * @param rollout the active one, else the last one that started
 * @param waiting those that did not start yet: drafts, submitted, scheduled; the newest first, at
 *     most 20
 * @param edges how far the last change has spread
 */
public record ChannelView(
    AppId appId,
    ChannelName channel,
    long epoch,
    Version baseline,
    @Nullable Version previousBaseline,
    Set<Version> hold,
    Set<Version> quarantined,
    ChannelRules rules,
    @Nullable Instant retryFrom,
    @Nullable RolloutView rollout,
    List<RolloutView> waiting,
    Edges edges) {
  public ChannelView {
    hold = Set.copyOf(hold);
    quarantined = Set.copyOf(quarantined);
    waiting = List.copyOf(waiting);
  }

  /**
   * Which delivery instances serve the channel's epoch.
   *
   * @param live instances that were heard of within 10 s
   * @param serving those of them that serve the epoch
   * @param missing the others, by instance id
   * @param millis from the cause of the change (the verdict, or the order) to the last
   *     acknowledgement; absent until all have acknowledged
   */
  public record Edges(int live, int serving, List<String> missing, @Nullable Long millis) {
    public Edges {
      missing = List.copyOf(missing);
    }
  }
}
