package dev.slipway.cli.replay;

import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutStarted;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Finds in the topics what is on record about rollouts, and their deltas. What cannot be read is
/// passed over, as the services pass it over. For one thread.
final class Archive {

  /// Some kilobytes each.
  private static final int MOST_VERDICTS = 4_000;

  /// Clocks of services differ.
  private static final Duration BEFORE = Duration.ofHours(1);

  private final TopicLog log;

  Archive(TopicLog log) {
    this.log = log;
  }

  /// Takes the deltas of rollouts in the order of the log.
  interface Deltas {
    void take(OutcomeDelta delta, int partition, long offset);
  }

  /// One rollout.
  ///
  /// @throws CommandFailure if nothing is known of it, or too little to judge it
  Recorded rollout(RolloutId id) {
    var starts = new HashMap<RolloutId, RolloutStarted>();
    var causes = new HashMap<RolloutId, List<Verdict>>();
    boolean[] heard = new boolean[1];
    events(
        event -> {
          if (!id.equals(event.subject().rolloutId())) return;
          heard[0] = true;
          remember(event, starts, causes);
        });
    var started = starts.get(id);
    if (started != null) return recorded(List.of(started), causes).getFirst();
    throw new CommandFailure(
        heard[0]
            ? ("Rollout %s never started, or that was more than a year ago, so that its policy is"
                    + " not known any more")
                .formatted(id)
            : ("Nothing is known of a rollout %s: no event of the last year is about it. See the"
                    + " ids with: ./slipway rollout list --app APP")
                .formatted(id));
  }

  /// The rollouts that started last, the newest first.
  List<Recorded> last(int number) {
    var starts = new HashMap<RolloutId, RolloutStarted>();
    var causes = new HashMap<RolloutId, List<Verdict>>();
    var newest = new PriorityQueue<RolloutStarted>(Comparator.comparing(it -> it.subject().at()));
    events(
        event -> {
          remember(event, starts, causes);
          var id = event.subject().rolloutId();
          if (!(event instanceof RolloutStarted started)
              || newest.stream().anyMatch(it -> Objects.equals(id, it.subject().rolloutId()))) {
            return;
          }
          newest.add(started);
          if (newest.size() > number) {
            var left = newest.remove().subject().rolloutId();
            starts.remove(left);
            causes.remove(left);
          }
        });
    var sorted = new ArrayList<>(newest);
    sorted.sort(Comparator.comparing((RolloutStarted it) -> it.subject().at()).reversed());
    return recorded(sorted, causes);
  }

  /// Gives the deltas of these rollouts.
  ///
  /// @return since when the deltas are whole; null if none was deleted yet
  @Nullable Instant deltas(List<Recorded> rollouts, Deltas to) {
    var wanted = new TreeSet<String>();
    var partitions = new TreeSet<Integer>();
    boolean everywhere = false;
    Instant from = null;
    for (var rollout : rollouts) {
      wanted.add(rollout.rolloutId().text());
      partitions.addAll(rollout.partitions());
      everywhere |= rollout.partitions().isEmpty();
      if (from == null || rollout.startedAt().isBefore(from)) from = rollout.startedAt();
    }
    return log.read(
        Topics.OUTCOME_DELTAS,
        everywhere ? Set.of() : partitions,
        from == null ? null : from.minus(BEFORE),
        record -> {
          if (record.key() == null || !wanted.contains(record.key())) return;
          try {
            var delta = Message.read(Topics.OUTCOME_DELTAS, record.value());
            if (delta.rolloutId().text().equals(record.key())) {
              to.take(delta, record.partition(), record.offset());
            }
          } catch (MalformedRecordException _) {
            // Telemetry put it aside as well.
          }
        });
  }

  private interface Events {
    void take(RolloutEvent event);
  }

  private void events(Events to) {
    log.read(
        Topics.ROLLOUT_EVENTS,
        Set.of(),
        null,
        record -> {
          try {
            to.take(Message.read(Topics.ROLLOUT_EVENTS, record.value()));
          } catch (MalformedRecordException _) {
            // The services pass it over as well.
          }
        });
  }

  private static void remember(
      RolloutEvent event,
      Map<RolloutId, RolloutStarted> starts,
      Map<RolloutId, List<Verdict>> causes) {
    var id = event.subject().rolloutId();
    if (id == null) return;
    if (event instanceof RolloutStarted started) starts.putIfAbsent(id, started);
    // A channel's events are in order: what has not started has no verdict.
    if (event.cause() instanceof Cause.Evidence(var verdict) && starts.containsKey(id)) {
      causes.computeIfAbsent(id, _ -> new ArrayList<>()).add(verdict);
    }
  }

  private List<Recorded> recorded(
      List<RolloutStarted> starts, Map<RolloutId, List<Verdict>> causes) {
    int most = Math.max(1, MOST_VERDICTS / Math.max(1, starts.size()));
    var verdicts = new HashMap<String, TreeMap<Long, Verdict>>();
    var passedOver = new HashMap<String, Long>();
    for (var start : starts) {
      var id = start.subject().rolloutId();
      if (id != null) verdicts.put(id.text(), new TreeMap<>());
    }
    log.read(
        Topics.ROLLOUT_VERDICTS,
        Set.of(),
        null,
        record -> {
          var of = record.key() == null ? null : verdicts.get(record.key());
          if (of == null || record.value() == null) return;
          try {
            var verdict = Message.read(Topics.ROLLOUT_VERDICTS, record.value());
            of.put(verdict.revision(), verdict);
            if (of.size() > most) {
              of.pollFirstEntry();
              passedOver.merge(record.key(), 1L, Long::sum);
            }
          } catch (MalformedRecordException _) {
            // Its readers pass it over as well.
          }
        });
    var all = new ArrayList<Recorded>();
    for (var start : starts) {
      var about = start.subject();
      var id = about.rolloutId();
      var version = about.version();
      if (id == null || version == null) continue;
      var of = verdicts.getOrDefault(id.text(), new TreeMap<>());
      for (var verdict : causes.getOrDefault(id, List.of())) of.put(verdict.revision(), verdict);
      all.add(
          new Recorded(
              id,
              about.appId(),
              about.channel(),
              version,
              start.policy(),
              about.at(),
              List.copyOf(of.values()),
              passedOver.getOrDefault(id.text(), 0L)));
    }
    return all;
  }
}
