package dev.slipway.rollout.channel;

import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Order;
import dev.slipway.rollout.plan.Rollout;
import dev.slipway.rollout.webhook.Webhooks;
import dev.slipway.rollout.webhook.Webhooks.News;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
  Uni<Void> of(
      Mutiny.Session session,
      Order order,
      Channel before,
      Channel after,
      List<RolloutEvent> events,
      Instant now) {
    Uni<Void> told = Uni.createFrom().voidItem();
    for (var news : news(before, after, events, now)) {
      told = told.chain(() -> webhooks.announce(session, news));
    }
    return after.epoch() == before.epoch()
        ? told
        : told.chain(() -> audit.append(session, deed(order, before, after, events)));
  }

  private static Deed deed(
      Order order, Channel before, Channel after, List<RolloutEvent> events) {
    var cause = events.stream().map(RolloutEvent::cause).findFirst();
    var rollout = after.rollout();
    var subject =
        "apps/" + after.appId() + "/channels/" + after.name()
            + (rollout == null ? "" : "/rollouts/" + rollout.id());
    var deed =
        Deed.of("rollout." + kebab(order), after.appId(), subject, reason(cause), before, after);
    return deed.by(by(cause, order));
  }

  private static @Nullable String reason(Optional<Cause> cause) {
    return cause.orElse(null) instanceof Cause.Person person ? person.reason() : null;
  }

  private static String by(Optional<Cause> cause, Order order) {
    if (cause.isEmpty()) {
      return order instanceof Order.ClockTick ? Audit.CLOCK : Audit.INSTALLATION;
    }
    return switch (cause.get()) {
      case Cause.Person person -> person.accessKey();
      case Cause.Evidence _ -> Audit.TELEMETRY;
      case Cause.Schedule _ -> Audit.CLOCK;
    };
  }

  /// Each event, and each change of telemetry's mind: its repetitions are no news.
  private static List<News> news(
      Channel before, Channel after, List<RolloutEvent> events, Instant now) {
    var news = new ArrayList<News>();
    for (var event : events) {
      var type = "rollout." + name(event);
      news.add(new News(after.appId(), type, type + " " + after.name() + " " + after.epoch(), now, event));
    }
    var word = verdict(after.rollout());
    if (word != null) {
      var earlier = verdict(before.rollout());
      boolean sameRollout =
          earlier != null && earlier.rolloutId().equals(word.rolloutId());
      if (!sameRollout || earlier.health() != word.health()) {
        news.add(
            new News(
                after.appId(),
                "verdict." + word.health().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                word.rolloutId() + " " + word.revision(),
                now,
                word));
      }
    }
    return news;
  }

  private static @Nullable Verdict verdict(@Nullable Rollout rollout) {
    return rollout == null ? null : rollout.verdict();
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
