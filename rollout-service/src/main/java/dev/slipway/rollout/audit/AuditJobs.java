package dev.slipway.rollout.audit;

import dev.slipway.contracts.audit.AuditVerification;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/// Signs checkpoints and looks through the audit by itself.
@ApplicationScoped
public class AuditJobs {

  private static final Logger LOG = Logger.getLogger(AuditJobs.class);

  private final AuditBook book;
  private final AtomicInteger broken = new AtomicInteger();

  public AuditJobs(AuditBook book, MeterRegistry meters) {
    this.book = book;
    Gauge.builder("slipway.audit.broken", broken, AtomicInteger::get)
        .description("1 when the last look through the audit found a line that does not fit")
        .register(meters);
  }

  @Scheduled(every = "{slipway.audit.look-for-checkpoint}", concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> sign() {
    return book.sign(false)
        .replaceWithVoid()
        .onFailure()
        .invoke(e -> LOG.warnf("No checkpoint was signed: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  @Scheduled(
      every = "{slipway.audit.verify-every}",
      delayed = "{slipway.audit.verify-every}",
      concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> look() {
    return book.verify()
        .invoke(this::told)
        .replaceWithVoid()
        .onFailure()
        .invoke(e -> LOG.warnf("The audit was not looked through: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  /// Also after somebody asked.
  void told(AuditVerification verification) {
    broken.set(verification.holds() ? 0 : 1);
    if (!verification.holds()) {
      LOG.errorf(
          "The audit is broken: somebody changed it in the database: line=%d fault=%s",
          verification.brokenAt(), verification.fault());
    }
  }
}
