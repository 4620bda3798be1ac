package dev.slipway.rollout.audit;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.audit.AuditEntry;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.decisions.audit.AuditChain;
import dev.slipway.decisions.audit.AuditChain.Position;
import dev.slipway.kit.access.Caller;
import dev.slipway.rollout.StoredJson;
import io.quarkus.arc.Arc;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// Writes the audit: each line in the transaction of the change that it tells of, after everything
/// else in it, because the lines of all transactions stand in one queue from there to the commit.
@ApplicationScoped
public class Audit {

  /// Nobody who was asked: time, which makes what was planned come about.
  public static final String CLOCK = "clock";

  /// What the fleet's reports brought about.
  public static final String TELEMETRY = "telemetry";

  /// Whoever starts the service.
  public static final String INSTALLATION = "installation";

  /// Requests without a valid access key.
  public static final String ANONYMOUS = "anonymous";

  private static final int MAX_TEXT = 600;

  private final Caller caller;
  private final Clock clock;

  public Audit(Caller caller, Clock clock) {
    this.caller = caller;
    this.clock = clock;
  }

  /// What was done, or refused.
  ///
  /// @param by who did it if nobody's request is under way
  /// @param action as in `app.create`
  /// @param subject what it was done to, as in `apps/com.example.app`
  /// @param reason what the person said
  /// @param problem the slug, if it was refused
  /// @param before the state before; hashed as JSON
  /// @param after the state after
  public record Deed(
      String by,
      String action,
      @Nullable AppId app,
      String subject,
      @Nullable String reason,
      @Nullable String problem,
      @Nullable Object before,
      @Nullable Object after) {

    /// Somebody's order, done.
    public static Deed of(
        String action,
        @Nullable AppId app,
        String subject,
        @Nullable String reason,
        @Nullable Object before,
        @Nullable Object after) {
      return new Deed(INSTALLATION, action, app, subject, reason, null, before, after);
    }

    /// The same, brought about by a part of the service unless a person's request is under way.
    public Deed by(String part) {
      return new Deed(part, action, app, subject, reason, problem, before, after);
    }
  }

  /// How a device is called here: a line cannot be taken away for its sake, so it has a hash of the
  /// id, enough for somebody who knows the id, and nothing to find it by.
  public static String subject(AppId app, DeviceId device) {
    var key = DeviceEvent.key(app, device);
    return "apps/%s/devices/%s"
        .formatted(app, Digest.sha256(key.getBytes(StandardCharsets.UTF_8)).text());
  }

  /// Adds a line to the session's transaction. To be the last thing that happens in it.
  public Uni<Void> append(Mutiny.Session session, Deed deed) {
    return session
        .flush()
        .chain(AuditHeadRow::locked)
        .chain(
            head -> {
              var entry = AuditChain.next(head.at(), entry(deed));
              head.moveTo(new Position(entry.seq(), entry.hash()));
              return session.persist(AuditRow.of(entry)).chain(session::flush);
            });
  }

  private AuditEntry entry(Deed deed) {
    boolean asked = Arc.container().requestContext().isActive() && caller.isKnown();
    var unchained = AuditChain.START.hash();
    return new AuditEntry(
        0,
        now(),
        asked ? caller.keyId() : deed.by(),
        asked ? caller.name() : null,
        asked ? caller.origin() : null,
        deed.action(),
        deed.app(),
        shortened(deed.subject()),
        deed.reason() == null ? null : shortened(deed.reason()),
        deed.problem(),
        hash(deed.before()),
        hash(deed.after()),
        unchained,
        unchained);
  }

  private static @Nullable Digest hash(@Nullable Object state) {
    return state == null
        ? null
        : Digest.sha256(StoredJson.write(state).getBytes(StandardCharsets.UTF_8));
  }

  private static String shortened(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
