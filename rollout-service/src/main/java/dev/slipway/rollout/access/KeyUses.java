package dev.slipway.rollout.access;

import dev.slipway.kit.access.Caller;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/// Remembers when each key was used last, to the hour: one write per key and hour, not per request.
@Singleton
public class KeyUses {

  private static final Logger LOG = Logger.getLogger(KeyUses.class);

  private final AccessKeyBook book;
  private final Caller caller;
  private final Clock clock;
  private final Map<String, Instant> unwritten = new ConcurrentHashMap<>();
  private final Map<String, Instant> written = new ConcurrentHashMap<>();

  public KeyUses(AccessKeyBook book, Caller caller, Clock clock) {
    this.book = book;
    this.caller = caller;
    this.clock = clock;
  }

  @ServerResponseFilter
  public void note() {
    if (!caller.isKnown()) return;
    var hour = clock.instant().truncatedTo(ChronoUnit.HOURS);
    if (!hour.equals(written.get(caller.keyId()))) unwritten.put(caller.keyId(), hour);
  }

  @Scheduled(every = "10s", concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> write() {
    if (unwritten.isEmpty()) return Uni.createFrom().voidItem();
    var uses = new HashMap<>(unwritten);
    return book.used(uses)
        .invoke(
            () -> {
              written.putAll(uses);
              uses.forEach(unwritten::remove);
            })
        .onFailure()
        .invoke(e -> LOG.warnf("Uses of keys were not noted: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }
}
