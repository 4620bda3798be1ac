package dev.slipway.rollout.app;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.channel.ChannelBook;
import dev.slipway.rollout.channel.ChannelRow;
import dev.slipway.rollout.override.OverrideBook;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// The registered apps.
@ApplicationScoped
public class AppBook {

  private static final String INSERT =
      """
      insert into rollout.app (app_id, folded_id, skeleton, first_channel, state, created_at)
      values (:app, :folded, :skeleton, :channel, :state, :created) on conflict do nothing
      """;

  private static final List<String> CLEAR =
      List.of(
          "delete from rollout.rollout_event where channel_key like :app || '/%'",
          "delete from rollout.statement where app_id = :app",
          "delete from rollout.statement_left where channel_key like :app || '/%'",
          "delete from rollout.delegation where app_id = :app",
          "delete from rollout.publisher_leaf where app_id = :app",
          "delete from rollout.device_override where app_id = :app",
          "delete from rollout.rollout where app_id = :app",
          "delete from rollout.channel where app_id = :app",
          "delete from rollout.webhook where app_id = :app",
          "delete from rollout.app where app_id = :app");

  private final ChannelBook channels;
  private final OverrideBook overrides;
  private final Outbox outbox;
  private final Audit audit;
  private final Clock clock;

  public AppBook(
      ChannelBook channels, OverrideBook overrides, Outbox outbox, Audit audit, Clock clock) {
    this.channels = channels;
    this.overrides = overrides;
    this.outbox = outbox;
    this.audit = audit;
    this.clock = clock;
  }

  /// What becomes of a registration.
  ///
  /// @param created false if the same app was there already
  record Registered(AppState app, boolean created) {}

  /// What a person says of an app, checked.
  record Application(
      AppId appId,
      String name,
      String publisherId,
      dev.slipway.bundle.Digest publisherLeaf,
      List<String> keyIds,
      ChannelName channel,
      AppPolicy policy,
      Cause.Person by) {

    AppState registeredAt(Instant now) {
      return new AppState(
          appId,
          now.toEpochMilli(),
          name,
          publisherId,
          publisherLeaf,
          keyIds,
          List.of(),
          policy,
          channel,
          null,
          now,
          null);
    }

    boolean isThat(AppRow row) {
      var known = row.state();
      return known.appId().equals(appId)
          && known.name().equals(name)
          && known.publisherLeaf().equals(publisherLeaf)
          && known.keyIds().equals(keyIds)
          && known.policy().equals(policy)
          && row.firstChannel.equals(channel.text());
    }
  }

  Uni<Registered> register(Application application) {
    var now = now();
    var state = application.registeredAt(now);
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        insert(session, application, state)
                            .chain(
                                rows ->
                                    rows == 1
                                        ? announce(session, application, state)
                                            .replaceWith(new Registered(state, true))
                                        : known(application))));
  }

  /// Opens the channel unless it is there.
  ///
  /// @return whether it was opened
  public Uni<Boolean> openChannel(
      AppId app, ChannelName name, ChannelRules rules, Cause.Person by) {
    var now = now();
    return Panache.withTransaction(
        () ->
            AppRow.<AppRow>findById(app.text(), LockModeType.PESSIMISTIC_WRITE)
                .onItem()
                .ifNull()
                .failWith(Refusal::notFound)
                .chain(() -> ChannelRow.<ChannelRow>findById(ChannelState.key(app, name)))
                .chain(
                    row ->
                        row != null
                            ? Uni.createFrom().item(false)
                            : Panache.getSession()
                                .chain(session -> channels.open(session, app, name, rules, by, now))
                                .replaceWith(true)));
  }

  /// Fails unless the app is registered. Within the caller's session.
  public Uni<AppState> require(AppId app) {
    return AppRow.<AppRow>findById(app.text())
        .onItem()
        .ifNull()
        .failWith(Refusal::notFound)
        .map(AppRow::state);
  }

  private static Uni<Integer> insert(
      Mutiny.Session session, Application application, AppState state) {
    return session
        .createNativeQuery(INSERT)
        .setParameter("app", state.appId().text())
        .setParameter("folded", state.appId().text().toLowerCase(Locale.ROOT))
        .setParameter("skeleton", AppRules.skeleton(state.appId()))
        .setParameter("channel", application.channel().text())
        .setParameter("state", StoredJson.write(state))
        .setParameter("created", state.createdAt())
        .executeUpdate();
  }

  private Uni<Void> announce(Mutiny.Session session, Application application, AppState state) {
    return outbox
        .append(
            session,
            Message.of(Topics.APPS, state.appId().text(), state, state.createdAt()),
            Topics.APPS)
        .chain(
            () ->
                channels.open(
                    session,
                    state.appId(),
                    application.channel(),
                    ChannelRules.DEFAULT,
                    application.by(),
                    state.createdAt()))
        .chain(() -> audit.append(session, deed("app.create", null, null, state)));
  }

  private static Deed deed(
      String action, @Nullable String reason, @Nullable AppState before, AppState after) {
    return Deed.of(action, after.appId(), "apps/" + after.appId(), reason, before, after);
  }

  /// Decides on an app, with its row locked.
  interface Rule {
    AppRules.Outcome decide(AppState app, Instant now);
  }

  /// Changes an app.
  ///
  /// @param revision the one that its sender saw; another one by now refuses the change
  Uni<AppState> change(
      AppId app, @Nullable Long revision, String action, @Nullable String reason, Rule rule) {
    return Panache.withTransaction(
        () ->
            AppRow.locked(app)
                .map(row -> row.orElseThrow(Refusal::notFound))
                .chain(
                    row -> {
                      var before = row.state();
                      var now = now();
                      var outcome = rule.decide(before, now);
                      if (outcome instanceof AppRules.Outcome.Unchanged) {
                        return Uni.createFrom().item(before);
                      }
                      if (revision != null && revision != before.revision()) {
                        throw Refusal.of(
                            412,
                            "revision-changed",
                            "Somebody changed the app since you looked: look again, then decide.",
                            Map.of("revision", before.revision()));
                      }
                      return switch (outcome) {
                        case AppRules.Outcome.Unchanged _ -> Uni.createFrom().item(before);
                        case AppRules.Outcome.Refused(
                                var status,
                                var slug,
                                var detail,
                                var pointer) ->
                            throw Refusal.of(
                                status,
                                slug,
                                detail,
                                pointer == null ? Map.of() : Map.of("pointer", pointer));
                        case AppRules.Outcome.Changed(var after) ->
                            store(row, action, reason, before, after).replaceWith(after);
                      };
                    }));
  }

  private Uni<Void> store(
      AppRow row, String action, @Nullable String reason, AppState before, AppState after) {
    row.take(after);
    return Panache.getSession()
        .chain(
            session ->
                outbox
                    .append(
                        session,
                        Message.of(Topics.APPS, after.appId().text(), after, now()),
                        Topics.APPS)
                    .chain(() -> audit.append(session, deed(action, reason, before, after))));
  }

  /// Fails unless the app has the channel.
  Uni<Void> requireChannel(AppId app, ChannelName channel) {
    return Panache.withSession(
        () ->
            ChannelRow.<ChannelRow>findById(ChannelState.key(app, channel))
                .invoke(
                    row -> {
                      if (row == null) {
                        throw Refusal.of(
                            422,
                            "channel-unknown",
                            "The app has no channel of that name.",
                            Map.of("pointer", "/default_channel"));
                      }
                    })
                .replaceWithVoid());
  }

  /// Fails while a rollout is under way on a channel of the app.
  Uni<Void> requireQuiet(AppId app) {
    return Panache.withSession(
        () ->
            ChannelRow.<ChannelRow>find(
                    "appId = ?1 and activeRollout is not null order by name", app.text())
                .firstResult()
                .invoke(
                    row -> {
                      if (row != null) {
                        throw Refusal.of(
                            409,
                            "rollout-active",
                            "A rollout is under way: end it first, or roll it back.",
                            Map.of(
                                "channel",
                                row.name,
                                "rollout_id",
                                String.valueOf(row.activeRollout)));
                      }
                    })
                .replaceWithVoid());
  }

  /// Apps whose grace period is over.
  Uni<List<AppId>> ended(Duration grace, int atMost) {
    return Panache.withSession(
        () ->
            AppRow.deletedBefore(now().minus(grace), atMost)
                .map(rows -> rows.stream().map(row -> AppId.of(row.appId)).toList()));
  }

  /// Takes an app away for good: its rows, and its states from the topics. What the audit says
  /// about it stays.
  Uni<Void> end(AppId app, Duration grace) {
    return Panache.withTransaction(
        () ->
            AppRow.locked(app)
                .chain(
                    found -> {
                      var row = found.orElse(null);
                      if (row == null
                          || row.deletedAt == null
                          || row.deletedAt.plus(grace).isAfter(now())) {
                        return Uni.createFrom().voidItem();
                      }
                      return Panache.getSession().chain(session -> end(session, row));
                    }));
  }

  private Uni<Void> end(Mutiny.Session session, AppRow row) {
    var before = row.state();
    var now = now();
    var gone = Message.tombstone(Topics.APPS, row.appId, AppRules.nextRevision(before, now), now);
    return ChannelRow.<ChannelRow>find("appId = ?1 order by name", row.appId)
        .list()
        .chain(
            channels -> {
              Uni<Void> told = Uni.createFrom().voidItem();
              for (var channel : channels) {
                // Above its statement's number too, which also counts as a revision.
                long revision = Math.max(channel.epoch + 1, now.toEpochMilli());
                var tombstone =
                    Message.tombstone(Topics.CHANNEL_STATES, channel.key, revision, now);
                told = told.chain(() -> outbox.append(session, tombstone, Topics.CHANNEL_STATES));
              }
              return told;
            })
        .chain(() -> overrides.end(session, before.appId(), now))
        .chain(session::flush)
        .chain(() -> outbox.append(session, gone, Topics.APPS))
        .chain(() -> clear(session, row.appId))
        .chain(
            () ->
                audit.append(
                    session,
                    new Deed(
                        Audit.CLOCK,
                        "app.end",
                        before.appId(),
                        "apps/" + before.appId(),
                        null,
                        null,
                        before,
                        null)));
  }

  /// Every table that names the app, children first.
  private static Uni<Void> clear(Mutiny.Session session, String app) {
    Uni<Void> cleared = Uni.createFrom().voidItem();
    for (var statement : CLEAR) {
      cleared =
          cleared.chain(
              () ->
                  session
                      .createNativeQuery(statement)
                      .setParameter("app", app)
                      .executeUpdate()
                      .replaceWithVoid());
    }
    return cleared;
  }

  private static Uni<Registered> known(Application application) {
    return AppRow.<AppRow>findById(application.appId().text())
        .map(
            row -> {
              if (row == null) {
                throw Refusal.of(
                    409, "id-confusable", "An app is registered whose id looks like this one.");
              }
              if (!application.isThat(row)) {
                throw Refusal.of(
                    409,
                    "app-exists",
                    "The app is registered with another name, certificate, keys, policy or"
                        + " channel.",
                    Map.of("app_id", application.appId()));
              }
              return new Registered(row.state(), false);
            });
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
