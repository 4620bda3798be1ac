package dev.slipway.rollout.statement;

import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ReleaseStatement;
import dev.slipway.bundle.ReleaseStatement.Release;
import dev.slipway.bundle.ReleaseStatement.Role;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/// What a channel's release statement says, and how long. Pure.
final class StatementRules {

  /// A statement says no more than so many former versions; older ones go by reinstallation.
  private static final int MAX_FORMER = 200;

  private static final int MAX_STONES = 100;

  private StatementRules() {}

  /// A delegation with the text that it was read from.
  record Held(Delegation delegation, String jws) {}

  /// Which of the service's keys signs, and by whose word.
  record Choice<K>(K key, List<Held> by) {}

  /// The newest key that a delegation in force names for this channel: so a new key signs as soon as
  /// the publisher has named it, and the one before it as long as that is not so.
  ///
  /// @param keys newest first, with their ids
  static <K> Optional<Choice<K>> choose(
      LinkedHashMap<Digest, K> keys, Collection<Held> held, String channel, Instant now) {
    for (var key : keys.entrySet()) {
      var by =
          held.stream()
              .filter(it -> it.delegation().covers(channel))
              .filter(it -> it.delegation().key(key.getKey()).isPresent())
              .filter(it -> it.delegation().isInForceAt(now))
              .filter(it -> it.delegation().expiresAt().isAfter(now.plusSeconds(1)))
              .toList();
      if (!by.isEmpty()) return Optional.of(new Choice<>(key.getValue(), by));
    }
    return Optional.empty();
  }

  /// The number of the next statement.
  static long nextSeq(long previous, long epoch, Instant now) {
    return Math.max(Math.max(previous + 1, now.toEpochMilli()), epoch);
  }

  /// When a statement of this life is renewed: at half of it.
  static Instant renewAt(Instant issuedAt, Instant expiresAt) {
    return issuedAt.plusSeconds((expiresAt.getEpochSecond() - issuedAt.getEpochSecond()) / 2);
  }

  /// What the channel offers, for a day, or until the first of its delegations ends.
  ///
  /// @param bundles what ingest has of the app
  static ReleaseStatement compose(
      ChannelState channel,
      Collection<BundleState> bundles,
      Collection<Digest> revoked,
      List<Held> by,
      long seq,
      Instant now) {
    var releases = new LinkedHashMap<Digest, Release>();
    var offered = new ArrayList<Version>();
    offered.add(channel.baseline());
    find(bundles, channel.baseline()).ifPresent(it -> add(releases, it, Role.BASELINE));
    var rollout = channel.rollout();
    if (rollout != null) {
      offered.add(rollout.version());
      find(bundles, rollout.version()).ifPresent(it -> add(releases, it, Role.CANDIDATE));
    }
    long floor =
        offered.stream()
            .map(version -> find(bundles, version))
            .flatMap(Optional::stream)
            .mapToLong(BundleState::securityEpoch)
            .min()
            .orElse(0);
    bundles.stream()
        .filter(StatementRules::isOfferable)
        .filter(it -> it.migratedFrom() != null)
        .sorted(Comparator.comparing(BundleState::acceptedAt).reversed())
        .limit(MAX_STONES)
        .forEach(it -> add(releases, it, Role.STEPPING_STONE));
    var former =
        bundles.stream()
            .filter(it -> it.format() == BundleState.Format.SLIPWAY_BUNDLE_1)
            .filter(it -> !offered.contains(it.version()))
            .sorted(Comparator.comparing(BundleState::acceptedAt).reversed())
            .limit(MAX_FORMER)
            .map(it -> it.version().text())
            .toList();
    var issuedAt = now.truncatedTo(ChronoUnit.SECONDS);
    var expiresAt =
        by.stream()
            .map(it -> it.delegation().expiresAt())
            .reduce(issuedAt.plus(ReleaseStatement.MAX_LIFE), (a, b) -> a.isBefore(b) ? a : b);
    return new ReleaseStatement(
        channel.appId(),
        channel.channel().text(),
        seq,
        issuedAt,
        expiresAt,
        floor,
        List.copyOf(releases.values()),
        former,
        List.copyOf(revoked));
  }

  private static void add(LinkedHashMap<Digest, Release> releases, BundleState it, Role role) {
    releases.putIfAbsent(
        it.manifest(),
        new Release(
            it.manifest(),
            it.version().text(),
            role,
            it.acceptedAt().truncatedTo(ChronoUnit.SECONDS)));
  }

  private static Optional<BundleState> find(Collection<BundleState> bundles, Version version) {
    return bundles.stream()
        .filter(it -> it.version().equals(version) && isOfferable(it))
        .findFirst();
  }

  private static boolean isOfferable(BundleState it) {
    return it.format() == BundleState.Format.SLIPWAY_BUNDLE_1
        && it.status() == BundleState.Status.PUBLISHED;
  }
}
