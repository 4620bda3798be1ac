package dev.slipway.contracts.agent;

import dev.slipway.contracts.Version;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to an {@link AgentCheck}.
 *
 * @param statement the channel's release statement, compact JWS: which manifests are meant for it;
 *     absent while its publisher has delegated to nobody
 * @param delegations by which leaves of the publisher named the statement's signer
 * @param offer what to install; absent where there is nothing new
 * @param builtin whether to go back to what the store delivered
 * @param pollAfter when to ask again
 */
public record AgentAnswer(
    @Nullable String statement,
    List<String> delegations,
    @Nullable Offer offer,
    boolean builtin,
    Duration pollAfter) {
  public AgentAnswer {
    delegations = List.copyOf(delegations);
  }

  /**
   * A version to install.
   *
   * @param manifestUrl address of the signed manifest, immutable
   * @param blobBase the blobs' addresses are this and their ids
   * @param size bytes of all blobs; the device fetches those that it lacks
   * @param offerToken to be sent with reports about this offer
   * @param steppingStone whether it is not the newest one, but hands over to the certificate of the
   *     newest: the device asks again once it runs
   */
  public record Offer(
      Version version,
      URI manifestUrl,
      URI blobBase,
      long size,
      String offerToken,
      boolean steppingStone) {}
}
