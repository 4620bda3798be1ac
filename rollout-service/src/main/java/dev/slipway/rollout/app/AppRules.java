package dev.slipway.rollout.app;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.app.ChangeApp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What may become of an app. Pure.
final class AppRules {

  static final int MAX_KEY_IDS = 32;
  private static final Pattern KEY_ID = Pattern.compile("[\\x21-\\x7e]{1,128}");

  private AppRules() {}

  /// What becomes of a wish.
  sealed interface Outcome {

    record Changed(AppState app) implements Outcome {}

    /// It is so already.
    record Unchanged(AppState app) implements Outcome {}

    /// @param pointer the member that is wrong, where one is
    record Refused(int status, String slug, String detail, @Nullable String pointer)
        implements Outcome {}
  }

  /// Ids that look alike in many a typeface have the same skeleton: `l`, `1` and `I`; `o`, `0` and
  /// `O`; `rn` and `m`; `-` and `_`. After Unicode's UTS 39, for the characters that ids have.
  static String skeleton(AppId app) {
    var text = app.text().replace("m", "rn");
    var skeleton = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      skeleton.append(
          switch (text.charAt(i)) {
            case '1', 'I' -> 'l';
            case '0', 'O' -> 'o';
            case '_' -> '-';
            default -> text.charAt(i);
          });
    }
    return skeleton.toString().toLowerCase(Locale.ROOT);
  }

  static boolean areKeyIds(List<String> keyIds) {
    return keyIds.size() <= MAX_KEY_IDS
        && new HashSet<>(keyIds).size() == keyIds.size()
        && keyIds.stream().allMatch(id -> KEY_ID.matcher(id).matches());
  }

  static Outcome change(AppState app, ChangeApp wish, Instant now) {
    if (app.deletedAt() != null) return deleted();
    var was = app.policy();
    AppPolicy policy;
    try {
      policy =
          new AppPolicy(
              was.versionScheme(),
              or(wish.confidentiality(), was.confidentiality()),
              or(wish.graceDays(), was.graceDays()),
              or(wish.pin(), was.pin()),
              or(wish.exposeMetadata(), was.exposeMetadata()),
              or(wish.maxBundleBytes(), was.maxBundleBytes()),
              or(wish.maxTotalBytes(), was.maxTotalBytes()),
              or(wish.secondPerson(), was.secondPerson()));
    } catch (IllegalArgumentException e) {
      return new Outcome.Refused(422, "value-invalid", String.valueOf(e.getMessage()), "/");
    }
    var keyIds = or(wish.keyIds(), app.keyIds());
    if (!areKeyIds(keyIds)) {
      return new Outcome.Refused(
          422,
          "key-ids-invalid",
          "At most " + MAX_KEY_IDS + " different key ids of 1 to 128 visible ASCII characters.",
          "/key_ids");
    }
    var back = keyIds.stream().filter(app.retiredKeyIds()::contains).toList();
    if (!back.isEmpty()) {
      return new Outcome.Refused(
          422, "kid-retired", "A retired key never comes back: " + back, "/key_ids");
    }
    var retired = new TreeSet<>(app.retiredKeyIds());
    app.keyIds().stream().filter(id -> !keyIds.contains(id)).forEach(retired::add);
    var changed =
        with(
            app,
            or(wish.name(), app.name()),
            keyIds,
            new ArrayList<>(retired),
            policy,
            wish.defaultChannel() == null ? app.defaultChannel() : wish.defaultChannel(),
            app.enrolmentToken(),
            null);
    return raised(app, changed, now);
  }

  /// With a new digest of the enrolment token, or none.
  static Outcome enrolment(AppState app, dev.slipway.bundle.@Nullable Digest token, Instant now) {
    if (app.deletedAt() != null) return deleted();
    return raised(
        app,
        with(
            app,
            app.name(),
            app.keyIds(),
            app.retiredKeyIds(),
            app.policy(),
            app.defaultChannel(),
            token,
            null),
        now);
  }

  static Outcome delete(AppState app, Instant now) {
    return app.deletedAt() != null ? new Outcome.Unchanged(app) : raised(app, gone(app, now), now);
  }

  static Outcome undelete(AppState app, Instant now) {
    return raised(app, gone(app, null), now);
  }

  /// When a deleted app ends for good.
  static Optional<Instant> endsAt(AppState app, Duration grace) {
    return Optional.ofNullable(app.deletedAt()).map(at -> at.plus(grace));
  }

  /// The next revision. It follows the clock, so that it also rises after a restore of older data.
  static long nextRevision(AppState app, Instant now) {
    return Math.max(app.revision() + 1, now.toEpochMilli());
  }

  private static Outcome deleted() {
    return new Outcome.Refused(
        409, "app-deleted", "The app waits for its final deletion. Undelete it first.", null);
  }

  private static Outcome raised(AppState app, AppState changed, Instant now) {
    if (changed.equals(app)) return new Outcome.Unchanged(app);
    return new Outcome.Changed(
        new AppState(
            changed.appId(),
            nextRevision(app, now),
            changed.name(),
            changed.publisherId(),
            changed.publisherLeaf(),
            changed.keyIds(),
            changed.retiredKeyIds(),
            changed.policy(),
            changed.defaultChannel(),
            changed.enrolmentToken(),
            changed.createdAt(),
            changed.deletedAt()));
  }

  private static AppState gone(AppState app, @Nullable Instant at) {
    return with(
        app,
        app.name(),
        app.keyIds(),
        app.retiredKeyIds(),
        app.policy(),
        app.defaultChannel(),
        app.enrolmentToken(),
        at);
  }

  private static AppState with(
      AppState app,
      String name,
      List<String> keyIds,
      List<String> retired,
      AppPolicy policy,
      dev.slipway.contracts.@Nullable ChannelName defaultChannel,
      dev.slipway.bundle.@Nullable Digest enrolment,
      @Nullable Instant deletedAt) {
    return new AppState(
        app.appId(),
        app.revision(),
        name,
        app.publisherId(),
        app.publisherLeaf(),
        keyIds,
        retired,
        policy,
        defaultChannel,
        enrolment,
        app.createdAt(),
        deletedAt);
  }

  private static <T> T or(@Nullable T wish, T was) {
    return wish == null ? was : wish;
  }
}
