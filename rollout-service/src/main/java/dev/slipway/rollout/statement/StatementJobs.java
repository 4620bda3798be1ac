package dev.slipway.rollout.statement;

import dev.slipway.rollout.channel.ChannelBook;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jboss.logging.Logger;

/// Renews statements at half of their life, and warns long before a delegation ends.
@ApplicationScoped
public class StatementJobs {

  private static final Logger LOG = Logger.getLogger(StatementJobs.class);
  private static final Duration WARN = Duration.ofDays(30);
  private static final int AT_ONCE = 200;

  private final DelegationBook book;
  private final ChannelBook channels;
  private final Clock clock;
  private volatile double firstEnd = Double.NaN;

  public StatementJobs(
      DelegationBook book, ChannelBook channels, Clock clock, MeterRegistry meters) {
    this.book = book;
    this.channels = channels;
    this.clock = clock;
    Gauge.builder("slipway.delegations.first.end", this, it -> it.firstEnd)
        .baseUnit("seconds")
        .description("until an app has no delegation any more: alert below 30 days")
        .register(meters);
  }

  @Scheduled(every = "10s", concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> renew() {
    return book.due(AT_ONCE)
        .onItem()
        .transformToMulti(keys -> Multi.createFrom().iterable(keys))
        .onItem()
        .transformToUniAndConcatenate(this::renew)
        .onItem()
        .ignoreAsUni()
        .onFailure()
        .invoke(e -> LOG.warnf("Statements could not be looked at: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  private Uni<Void> renew(String channelKey) {
    return channels
        .renew(channelKey)
        .onFailure()
        .invoke(e -> LOG.errorf(e, "A statement was not renewed: channel=%s", channelKey))
        .onFailure()
        .recoverWithNull();
  }

  @Scheduled(every = "1h", concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> warn() {
    return book.ends()
        .invoke(
            ends -> {
              double first = Double.NaN;
              for (var end : ends) {
                var left = Duration.between(clock.instant(), (Instant) end[1]);
                if (Double.isNaN(first) || left.toSeconds() < first) first = left.toSeconds();
                if (left.compareTo(WARN) < 0) {
                  LOG.warnf(
                      "A publisher's delegation ends soon; agents then stay where they are: app=%s"
                          + " days=%d",
                      end[0], Math.max(0, left.toDays()));
                }
              }
              firstEnd = first;
            })
        .replaceWithVoid()
        .onFailure()
        .recoverWithNull();
  }
}
