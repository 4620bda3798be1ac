package dev.slipway.rollout.access;

import dev.slipway.contracts.rollout.Policy;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;

/// What two people have to agree on, and whether they are two. A person is known by access key: the
/// successors of a key are the same person, whichever of them asks and whichever approves.
@ApplicationScoped
public class SecondPerson {

  private final AccessKeyBook keys;
  private final Caller caller;

  public SecondPerson(AccessKeyBook keys, Caller caller) {
    this.keys = keys;
    this.caller = caller;
  }

  /// Whether the policy lets fewer or less diverse reports roll a release back than the shipped one
  /// does: then a second person has to agree before the rollout starts.
  public static boolean isLoosened(Policy policy) {
    var shipped = Policy.CAUTIOUS;
    return policy.minAttempts() < shipped.minAttempts()
        || policy.minFailures() < shipped.minFailures()
        || policy.minNetworks() < shipped.minNetworks();
  }

  /// Fails with 409 `second-person-required` if the caller is who asked.
  ///
  /// @param requester the access key that asked
  public Uni<Void> requireOtherThan(String requester) {
    var approver = caller.keyId();
    return keys.identity(requester)
        .chain(
            asked ->
                keys.identity(approver)
                    .invoke(
                        approves -> {
                          if (asked.equals(approves)) {
                            throw Refusal.of(
                                409,
                                "second-person-required",
                                "Whoever asked for it may not approve it: a second person has to,"
                                    + " with an access key of their own.",
                                Map.of("requested_by", requester));
                          }
                        }))
        .replaceWithVoid();
  }
}
