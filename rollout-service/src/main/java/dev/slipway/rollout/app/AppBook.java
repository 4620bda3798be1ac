package dev.slipway.rollout.app;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.channel.ChannelBook;
import dev.slipway.rollout.channel.ChannelRow;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hibernate.reactive.mutiny.Mutiny;

/// The registered apps.
@ApplicationScoped
public class AppBook {

  private static final String INSERT =
      """
      insert into rollout.app (app_id, folded_id, first_channel, state, created_at)
      values (:app, :folded, :channel, :state, :created) on conflict do nothing
      """;

  private final ChannelBook channels;
  private final Outbox outbox;
  private final Clock clock;

  public AppBook(ChannelBook channels, Outbox outbox, Clock clock) {
    this.channels = channels;
    this.outbox = outbox;
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
      Cause.Person by) {

    AppState registeredAt(Instant now) {
      return new AppState(appId, now.toEpochMilli(), name, publisherId, publisherLeaf, keyIds, now);
    }

    boolean isThat(AppRow row) {
      var known = row.state();
      return known.appId().equals(appId)
          && known.name().equals(name)
          && known.publisherLeaf().equals(publisherLeaf)
          && known.keyIds().equals(keyIds)
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
                    state.createdAt()));
  }

  private static Uni<Registered> known(Application application) {
    return AppRow.<AppRow>findById(application.appId().text())
        .map(
            row -> {
              if (row == null) {
                throw Refusal.of(
                    409,
                    "id-confusable",
                    "An app is registered whose id differs from this one by case alone.");
              }
              if (!application.isThat(row)) {
                throw Refusal.of(
                    409,
                    "app-exists",
                    "The app is registered with another name, certificate, keys or channel.",
                    Map.of("app_id", application.appId()));
              }
              return new Registered(row.state(), false);
            });
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
