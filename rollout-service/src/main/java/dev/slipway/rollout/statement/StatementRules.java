package dev.slipway.rollout.statement;

import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ReleaseStatement;
import dev.slipway.bundle.ReleaseStatement.Release;
import dev.slipway.bundle.ReleaseStatement.Role;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// What a channel's release statement says, by whose word and how long. Pure.
final class StatementRules {

  /// A statement names no more than so many former versions, the newest ones: a device that runs an
  /// older one never has to go back.
  static final int MAX_FORMER = 128;

  /// And so many hand-overs.
  static final int MAX_STONES = 48;

  static final int MAX_REVOKED = 200;

  /// Certificates whose delegations travel with a statement: the present one and a few before it.
  static final int MAX_DELEGATIONS = 8;

  /// A delegation that ends so soon would cut the life of every statement that it goes with. It is
  /// left out where another one lasts longer.
  static final Duration ENDING = Duration.ofHours(1);

  /// Days before the end of a delegation at which its publisher is told, the last one first.
  private static final List<Integer> REMINDERS = List.of(1, 7, 14, 30);

  private StatementRules() {}

  /// A delegation that nobody took back.
  ///
  /// @param signer fingerprint of the certificate that signed it
  /// @param jws the text that it was read from
  record Held(Delegation delegation, Digest signer, String jws) {}

  /// Which of the service's keys signs, and by whose word.
  record Choice<K>(K key, List<Held> by) {}

  /// The newest key that a delegation in force names for this channel: a new key signs as soon as
  /// the publisher has named it, and the one before it as long as that is not so. Of each
  /// certificate's delegations the one that lasts longest.
  ///
  /// @param keys newest first, by their ids
  static <K> Optional<Choice<K>> choose(
      SequencedMap<Digest, K> keys, Collection<Held> held, String channel, Instant now) {
    for (var key : keys.entrySet()) {
      var longest = new LinkedHashMap<Digest, Held>();
      held.stream()
          .filter(it -> it.delegation().covers(channel))
          .filter(it -> it.delegation().key(key.getKey()).isPresent())
          .filter(it -> lasts(it, now, Duration.ofSeconds(1)))
          .sorted(lastingLongestFirst())
          .forEach(it -> longest.putIfAbsent(it.signer(), it));
      if (longest.isEmpty()) continue;
      var lasting = longest.values().stream().filter(it -> lasts(it, now, ENDING)).toList();
      var by = lasting.isEmpty() ? longest.values() : lasting;
      return Optional.of(new Choice<>(key.getValue(), by.stream().limit(MAX_DELEGATIONS).toList()));
    }
    return Optional.empty();
  }

  private static boolean lasts(Held held, Instant now, Duration time) {
    return held.delegation().isInForceAt(now)
        && held.delegation().expiresAt().isAfter(now.plus(time));
  }

  private static Comparator<Held> lastingLongestFirst() {
    return Comparator.comparing((Held it) -> it.delegation().expiresAt())
        .reversed()
        .thenComparing(it -> it.signer().text());
  }

  /// Whether the channel once had a delegation and has none any more: its agents would refuse what
  /// is started now. A channel that never had one has no agents that could.
  ///
  /// @param all those that were taken back or have ended too
  static boolean isLapsed(
      Collection<Delegation> all, Collection<Held> held, String channel, Instant now) {
    return all.stream().anyMatch(it -> it.covers(channel))
        && held.stream()
            .noneMatch(it -> it.delegation().covers(channel) && it.delegation().isInForceAt(now));
  }

  /// When the last delegation ends that this certificate made for the channel.
  static Optional<Instant> coveredUntil(Collection<Held> held, String channel, Digest signer) {
    return held.stream()
        .filter(it -> it.signer().equals(signer) && it.delegation().covers(channel))
        .map(it -> it.delegation().expiresAt())
        .max(Comparator.naturalOrder());
  }

  /// The days of the reminder that is due: 30, 14, 7 or 1, and 0 once it has ended.
  static Optional<Integer> reminder(Instant until, Instant now) {
    if (!until.isAfter(now)) return Optional.of(0);
    var left = Duration.between(now, until);
    return REMINDERS.stream()
        .filter(days -> left.compareTo(Duration.ofDays(days)) <= 0)
        .findFirst();
  }

  /// The number of the next statement. It follows the clock, so that it also rises after a restore
  /// of older data.
  static long nextSeq(long previous, Instant now) {
    return Math.max(previous + 1, now.toEpochMilli());
  }

  /// When a statement of this life is renewed: at half of it.
  static Instant renewAt(Instant issuedAt, Instant expiresAt) {
    return issuedAt.plus(Duration.between(issuedAt, expiresAt).dividedBy(2));
  }

  /// What the channel offers, for a day, or until the first of its delegations ends.
  ///
  /// @param bundles what ingest has of the app
  /// @param revoked the publisher's leaves whose signatures count no more, the latest first
  static ReleaseStatement compose(
      ChannelState channel,
      Collection<BundleState> bundles,
      List<Digest> revoked,
      List<Held> by,
      long seq,
      Instant now) {
    var releases = new LinkedHashMap<Digest, Release>();
    var offered = new HashSet<Version>();
    long floor = Long.MAX_VALUE;
    for (var it : releases(channel, bundles).entrySet()) {
      var bundle = it.getKey();
      floor = Math.min(floor, bundle.securityEpoch());
      if (it.getValue() != Role.STEPPING_STONE) offered.add(bundle.version());
      releases.putIfAbsent(
          bundle.manifest(),
          new Release(
              bundle.manifest(),
              bundle.version().text(),
              it.getValue(),
              bundle.acceptedAt().truncatedTo(ChronoUnit.SECONDS)));
    }
    var former =
        bundles.stream()
            .filter(it -> it.format() == BundleState.Format.SLIPWAY_BUNDLE_1)
            .filter(it -> !offered.contains(it.version()))
            .sorted(newestFirst())
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
        floor == Long.MAX_VALUE ? 0 : floor,
        List.copyOf(releases.values()),
        former,
        revoked.stream().limit(MAX_REVOKED).toList());
  }

  /// What a device may be offered: the baseline, the candidate, and the newest release of each
  /// hand-over on the way to them.
  private static Map<BundleState, Role> releases(
      ChannelState channel, Collection<BundleState> bundles) {
    var releases = new LinkedHashMap<BundleState, Role>();
    find(bundles, channel.baseline()).ifPresent(it -> releases.put(it, Role.BASELINE));
    var rollout = channel.rollout();
    if (rollout != null) {
      find(bundles, rollout.version()).ifPresent(it -> releases.putIfAbsent(it, Role.CANDIDATE));
    }
    var handOvers = new HashSet<List<Digest>>();
    var stones = new ArrayList<BundleState>();
    bundles.stream()
        .filter(StatementRules::isOfferable)
        .sorted(newestFirst())
        .forEach(
            it -> {
              var from = it.migratedFrom();
              var to = it.publisherLeaf();
              if (from != null && to != null && handOvers.add(List.of(from, to))) stones.add(it);
            });
    stones.stream().limit(MAX_STONES).forEach(it -> releases.putIfAbsent(it, Role.STEPPING_STONE));
    return releases;
  }

  private static Comparator<BundleState> newestFirst() {
    return Comparator.comparing(BundleState::acceptedAt)
        .reversed()
        .thenComparing(it -> it.version().text());
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
