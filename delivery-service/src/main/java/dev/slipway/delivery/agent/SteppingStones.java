package dev.slipway.delivery.agent;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Status;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds what a device can verify on its way to a release. A device trusts one certificate; a
/// release that was signed by another is only accepted if it hands over from the trusted one. So a
/// device that slept through a hand-over is offered the newest release that made it, and asks again
/// from there, as Adobe AIR's updates did. Pure.
final class SteppingStones {

  /// What to offer next.
  sealed interface Way {
    /// The target itself.
    record Direct() implements Way {}

    /// First this one.
    record Over(BundleState stone) implements Way {}

    /// No chain of hand-overs leads from the trusted certificate to the target.
    record Ended() implements Way {}
  }

  private SteppingStones() {}

  /// @param trusted the leaf that the device trusts
  /// @param bundles all of the app's
  static Way to(BundleState target, Digest trusted, Collection<BundleState> bundles) {
    var leaf = target.publisherLeaf();
    if (leaf == null || leaf.equals(trusted) || trusted.equals(target.migratedFrom())) {
      return new Way.Direct();
    }
    // Breadth first from the trusted leaf: the fewest steps. Of each step the hand-over behind it.
    Map<Digest, @Nullable BundleState> first = new HashMap<>();
    var reached = new ArrayDeque<Digest>();
    first.put(trusted, null);
    reached.add(trusted);
    while (!reached.isEmpty()) {
      var from = reached.remove();
      for (var to : handOversFrom(from, bundles)) {
        var next = to.publisherLeaf();
        if (next == null || first.containsKey(next)) continue;
        var begin = first.get(from);
        first.put(next, begin == null ? to : begin);
        reached.add(next);
      }
    }
    // The target may itself hand over from a leaf on the way.
    var via = first.get(leaf);
    var from = target.migratedFrom();
    if (via == null && from != null) via = first.get(from);
    return Optional.ofNullable(via).<Way>map(Way.Over::new).orElseGet(Way.Ended::new);
  }

  /// Newest first: it brings the device furthest.
  private static Collection<BundleState> handOversFrom(
      Digest from, Collection<BundleState> bundles) {
    return bundles.stream()
        .filter(it -> it.status() == Status.PUBLISHED && from.equals(it.migratedFrom()))
        .sorted(Comparator.comparing(BundleState::acceptedAt).reversed())
        .toList();
  }
}
