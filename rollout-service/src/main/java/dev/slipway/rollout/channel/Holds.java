package dev.slipway.rollout.channel;

import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/// Tells channels that time went by once a hold is over. Any number of replicas may do so: the lock
/// of the channel lets one decide, and the others find nothing due.
@ApplicationScoped
public class Holds {

  private static final Logger LOG = Logger.getLogger(Holds.class);
  private static final int AT_ONCE = 100;

  private final ChannelBook book;

  public Holds(ChannelBook book) {
    this.book = book;
  }

  @Scheduled(every = "1s", concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> tick() {
    return book.dueChannels(AT_ONCE)
        .onItem()
        .transformToMulti(keys -> Multi.createFrom().iterable(keys))
        .onItem()
        .transformToUniAndConcatenate(this::tick)
        .onItem()
        .ignoreAsUni()
        .onFailure()
        .invoke(e -> LOG.warnf("Holds could not be looked at: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  /// One channel that cannot be decided on does not keep the others waiting; its turn comes again.
  private Uni<Void> tick(String channelKey) {
    return book.tick(channelKey)
        .replaceWithVoid()
        .onFailure()
        .invoke(e -> LOG.errorf(e, "A due stage did not open: channel=%s", channelKey))
        .onFailure()
        .recoverWithNull();
  }
}
