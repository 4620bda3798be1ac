package dev.slipway.rollout.channel;

import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Rollout;
import dev.slipway.rollout.webhook.Webhooks;
import dev.slipway.rollout.webhook.Webhooks.News;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// What else is written in the transaction of an order that changed a channel: messages to webhooks
/// and the line of the audit.
@ApplicationScoped
public class Consequences {

  private final Webhooks webhooks;
  private final Audit audit;

  public Consequences(Webhooks webhooks, Audit audit) {
    this.webhooks = webhooks;
    this.audit = audit;
  }

  /// To be called last, after the rows and records of the change.
  ///
  /// @param before absent where the channel was opened
  Uni<Void> of(
      Mutiny.Session session,
      @Nullable Channel before,
      Channel after,
      List<RolloutEvent> events,
      Instant now) {
    Uni<Void> told = Uni.createFrom().voidItem();
    for (var event : events) {
      var type = "rollout." + name(event);
      var id = type + " " + after.name() + " " + event.subject().epoch();
      told =
          told.chain(() -> webhooks.announce(session, new News(after.appId(), type, id, now, event)))
              .chain(() -> audit.append(session, deed(event, before, after)));
    }
    return told;
  }

  /// Each change of telemetry's mind: its repetitions are no news.
  Uni<Void> ofVerdicts(Mutiny.Session session, Channel before, Channel after, Instant now) {
    Uni<Void> told = Uni.createFrom().voidItem();
    for (var rollout : after.rollouts().values()) {
      var word = rollout.verdict();
      var earlier = before.rollout(rollout.id()).map(Rollout::verdict).orElse(null);
      if (word == null || earlier != null && earlier.health() == word.health()) continue;
      var news =
          new News(
              after.appId(),
              "verdict." + word.health().name().toLowerCase(Locale.ROOT).replace('_', '-'),
              word.rolloutId() + " " + word.revision(),
              now,
              word);
      told = told.chain(() -> webhooks.announce(session, news));
    }
    return told;
  }

  private static Deed deed(RolloutEvent event, @Nullable Channel before, Channel after) {
    var rollout = event.subject().rolloutId();
    var subject =
        "apps/"
            + after.appId()
            + "/channels/"
            + after.name()
            + (rollout == null ? "" : "/rollouts/" + rollout);
    return Deed.of(
            "rollout." + name(event),
            after.appId(),
            subject,
            reason(event.cause()),
            before == null ? null : before.state(),
            after.state())
        .by(by(event.cause()));
  }

  private static @Nullable String reason(Cause cause) {
    return cause instanceof Cause.Person person ? person.reason() : null;
  }

  private static String by(Cause cause) {
    return switch (cause) {
      case Cause.Person person -> person.accessKey();
      case Cause.Evidence _ -> Audit.TELEMETRY;
      case Cause.Schedule _ -> Audit.CLOCK;
    };
  }

  private static String name(RolloutEvent event) {
    var name = kebab(event);
    return name.startsWith("rollout-") ? name.substring("rollout-".length()) : name;
  }

  private static String kebab(Object value) {
    return value
        .getClass()
        .getSimpleName()
        .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
        .toLowerCase(Locale.ROOT);
  }
}
