package dev.slipway.rollout.edge;

import dev.slipway.contracts.device.EdgeAck;
import dev.slipway.contracts.rollout.ChannelView.Edges;
import dev.slipway.rollout.edge.Publications.Publication;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What each delivery instance has acknowledged, in memory: instances say it each second, so that a
/// restart knows it again a second later. Any thread.
@ApplicationScoped
public class EdgeBook {

  /// An instance that was not heard of for so long counts no more.
  static final Duration LIVE = Duration.ofSeconds(10);

  private static final Duration FORGOTTEN = Duration.ofMinutes(10);

  /// Steps of one partition that are remembered, for the times of acknowledgements.
  static final int STEPS = 2_000;

  private final Clock clock;
  private final Map<String, Edge> edges = new ConcurrentHashMap<>();

  public EdgeBook(Clock clock) {
    this.clock = clock;
  }

  /// One instance.
  ///
  /// @param steps per partition: the applied offset, and when it was acknowledged first; unknown
  ///     for what had been acknowledged before this service listened
  private record Edge(
      EdgeAck last, Instant heardAt, Map<Integer, NavigableMap<Long, Optional<Instant>>> steps) {

    static Edge first(EdgeAck ack, Instant now) {
      var steps = new ConcurrentHashMap<Integer, NavigableMap<Long, Optional<Instant>>>();
      ack.applied()
          .forEach(
              (partition, applied) ->
                  steps.put(partition, new TreeMap<>(Map.of(applied, Optional.empty()))));
      return new Edge(ack, now, steps);
    }

    synchronized Edge then(EdgeAck ack, Instant now) {
      ack.applied().forEach((partition, applied) -> step(partition, applied, ack.at()));
      return new Edge(ack, now, steps);
    }

    /// The first acknowledgement of a record at this offset.
    synchronized Optional<Instant> acknowledged(int partition, long offset) {
      var first = steps.getOrDefault(partition, new TreeMap<>()).higherEntry(offset);
      return first == null ? Optional.empty() : first.getValue();
    }

    boolean serves(Publication publication) {
      return switch (publication) {
        case Publication.Waiting() -> false;
        case Publication.Sent(var partition, var offset) ->
            last.applied().getOrDefault(partition, 0L) > offset;
        case Publication.LongAgo() -> !last.stale();
      };
    }

    private void step(int partition, long applied, Instant at) {
      var known = steps.computeIfAbsent(partition, _ -> new TreeMap<>());
      known.putIfAbsent(applied, Optional.of(at));
      while (known.size() > STEPS) known.pollFirstEntry();
    }
  }

  void heard(EdgeAck ack) {
    var now = clock.instant();
    edges.compute(
        ack.instance(),
        (_, known) ->
            known == null || !known.last().startedAt().equals(ack.startedAt())
                ? Edge.first(ack, now)
                : known.then(ack, now));
    edges.values().removeIf(edge -> edge.heardAt().isBefore(now.minus(FORGOTTEN)));
  }

  /// How many instances are live.
  int live() {
    return livingAt(clock.instant()).size();
  }

  /// How far a channel's newest state has spread.
  ///
  /// @param causedAt when that came about which the state says
  public Edges spread(Publication publication, Instant causedAt) {
    var living = livingAt(clock.instant());
    var missing =
        living.stream()
            .filter(edge -> !edge.serves(publication))
            .map(edge -> edge.last().instance())
            .sorted()
            .toList();
    return new Edges(
        living.size(),
        living.size() - missing.size(),
        missing,
        missing.isEmpty() ? millis(living, publication, causedAt) : null);
  }

  /// Instances that started later say nothing about how long the change took.
  private static @Nullable Long millis(
      List<Edge> living, Publication publication, Instant causedAt) {
    if (!(publication instanceof Publication.Sent(var partition, var offset))) return null;
    var times = new ArrayList<Instant>();
    for (var edge : living) {
      if (edge.last().startedAt().isAfter(causedAt)) continue;
      var at = edge.acknowledged(partition, offset);
      if (at.isEmpty()) return null;
      times.add(at.get());
    }
    return times.stream()
        .max(Instant::compareTo)
        .map(last -> Math.max(0, Duration.between(causedAt, last).toMillis()))
        .orElse(null);
  }

  private List<Edge> livingAt(Instant now) {
    return edges.values().stream()
        .filter(edge -> !edge.heardAt().isBefore(now.minus(LIVE)))
        .toList();
  }
}
