package dev.slipway.telemetry.story;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceFailures.Failure;
import dev.slipway.contracts.device.DeviceFailures.Kind;
import dev.slipway.contracts.device.Platform;
import dev.slipway.telemetry.packed.Packer;
import dev.slipway.telemetry.packed.Unpacker;
import dev.slipway.telemetry.story.Chapter.Began;
import dev.slipway.telemetry.story.Chapter.Origin;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A story as bytes: what is read and written once for each report. Exact: what is read equals what
/// was written. Thread-safe.
///
/// The first byte is the format. A change of what is kept takes the next number; every format since
/// the first release is read, the newest is written, so that stories move on as their devices
/// report.
public final class StoryFormat {

  private static final int FORMAT = 1;

  private static final List<Platform> PLATFORMS = List.of(Platform.values());
  private static final List<Arm> ARMS = List.of(Arm.values());
  private static final List<Kind> KINDS = List.of(Kind.values());
  private static final List<Exclusion> EXCLUSIONS = List.of(Exclusion.values());

  private static final int SIGNED = 1;
  private static final int REAL = 1 << 1;
  private static final int STARTED_AT = 1 << 2;
  private static final int ORIGIN = 1 << 3;
  private static final int FETCH = 1 << 4;
  private static final int START = 1 << 5;
  private static final int OFFERED = 1 << 6;
  private static final int READY_AT = 1 << 7;
  private static final int DAYS = 1 << 8;
  private static final int WATCHES = 1 << 9;
  private static final int ENROLLED_AT = 1 << 10;
  private static final int FAILED_AT = 1 << 11;
  private static final int FETCH_FAILED = 1 << 12;
  private static final int CHECK_FAILED = 1 << 13;
  private static final int EXCUSED = 1 << 14;
  private static final int SIGHTINGS = 1 << 15;
  private static final int EXCLUDED = 1 << 16;

  /// Most stories in a row are about the same rollout.
  private static volatile KnownRollout lastRollout =
      KnownRollout.of(RolloutId.of(new UUID(0, 0).toString()));

  private record KnownRollout(RolloutId id, UUID uuid) {
    static KnownRollout of(RolloutId id) {
      return new KnownRollout(id, UUID.fromString(id.text()));
    }
  }

  private StoryFormat() {}

  public static byte[] write(Story story) {
    var to = new Packer().number(FORMAT).near(story.knownSince()).instant(story.seenAt());
    to.number(story.chapters().size());
    for (Chapter chapter : story.chapters()) write(chapter, to);
    var mishaps = story.mishaps();
    to.number(mishaps.revision()).number(mishaps.failures().size());
    for (Failure failure : mishaps.failures()) {
      to.text(failure.version().text())
          .constant(failure.kind())
          .number(failure.times())
          .instant(failure.at());
    }
    return to.toBytes();
  }

  /// @throws IllegalArgumentException if the bytes are no story, or one of a later version
  public static Story read(byte[] bytes) {
    var from = new Unpacker(bytes);
    from.format(FORMAT);
    var story =
        new Story(from.near(), from.instant(), from.list(StoryFormat::chapter), mishaps(from));
    from.end();
    return story;
  }

  private static Mishaps mishaps(Unpacker from) {
    long revision = from.number();
    var failures =
        from.list(
            one ->
                new Failure(
                    Version.of(one.text()), one.constant(KINDS), one.whole(), one.instant()));
    return failures.isEmpty() && revision == 0 ? Mishaps.NONE : new Mishaps(failures, revision);
  }

  private static void write(Chapter chapter, Packer to) {
    to.uuid(uuid(chapter.rolloutId()))
        .text(chapter.channel().text())
        .text(chapter.version())
        .number(what(chapter))
        .instant(chapter.touchedAt());
    write(chapter.startedAt(), to);
    write(chapter.enrolledAt(), to);
    var origin = chapter.origin();
    if (origin != null) {
      to.instant(origin.at()).constant(origin.platform()).text(origin.network());
    }
    write(chapter.fetch(), to);
    write(chapter.offered(), to);
    write(chapter.fetchFailed(), to);
    write(chapter.checkFailed(), to);
    write(chapter.excused(), to);
    write(chapter.start(), to);
    write(chapter.failedAt(), to);
    write(chapter.readyAt(), to);
    if (!chapter.sightings().isEmpty()) {
      to.number(chapter.sightings().size());
      for (Sighting sighting : chapter.sightings()) {
        to.instant(sighting.at()).instant(sighting.heardAt()).bool(sighting.foreground());
      }
    }
    if (!chapter.days().isEmpty()) {
      to.number(chapter.days().size());
      for (Days days : chapter.days()) write(days, to);
    }
    if (!chapter.watches().isEmpty()) {
      to.number(chapter.watches().size());
      for (Watch watch : chapter.watches()) {
        to.constant(watch.arm())
            .number(watch.stage())
            .instant(watch.since())
            .maybe(watch.due())
            .maybe(watch.back())
            .bool(watch.over());
      }
    }
    if (!chapter.exclusions().isEmpty()) {
      to.number(chapter.exclusions().size());
      for (Exclusion exclusion : chapter.exclusions()) to.constant(exclusion);
    }
  }

  /// Which members follow.
  private static int what(Chapter chapter) {
    return (chapter.signed() ? SIGNED : 0)
        | (chapter.real() ? REAL : 0)
        | (chapter.startedAt() != null ? STARTED_AT : 0)
        | (chapter.enrolledAt() != null ? ENROLLED_AT : 0)
        | (chapter.origin() != null ? ORIGIN : 0)
        | (chapter.fetch() != null ? FETCH : 0)
        | (chapter.offered().isEmpty() ? 0 : OFFERED)
        | (chapter.fetchFailed().isEmpty() ? 0 : FETCH_FAILED)
        | (chapter.checkFailed().isEmpty() ? 0 : CHECK_FAILED)
        | (chapter.excused().isEmpty() ? 0 : EXCUSED)
        | (chapter.start() != null ? START : 0)
        | (chapter.failedAt() != null ? FAILED_AT : 0)
        | (chapter.readyAt() != null ? READY_AT : 0)
        | (chapter.sightings().isEmpty() ? 0 : SIGHTINGS)
        | (chapter.days().isEmpty() ? 0 : DAYS)
        | (chapter.watches().isEmpty() ? 0 : WATCHES)
        | (chapter.exclusions().isEmpty() ? 0 : EXCLUDED);
  }

  private static Chapter chapter(Unpacker from) {
    var rolloutId = rolloutId(from.uuid());
    var channel = ChannelName.of(from.text());
    String version = from.text();
    int what = from.whole();
    Instant touchedAt = from.instant();
    return new Chapter(
        rolloutId,
        channel,
        version,
        (what & SIGNED) != 0,
        instant(from, what & STARTED_AT),
        instant(from, what & ENROLLED_AT),
        (what & REAL) != 0,
        (what & ORIGIN) == 0
            ? null
            : new Origin(from.instant(), from.constant(PLATFORMS), from.text()),
        began(from, what & FETCH),
        moments(from, what & OFFERED),
        moments(from, what & FETCH_FAILED),
        moments(from, what & CHECK_FAILED),
        moments(from, what & EXCUSED),
        began(from, what & START),
        instant(from, what & FAILED_AT),
        instant(from, what & READY_AT),
        (what & SIGHTINGS) == 0
            ? List.of()
            : from.list(one -> new Sighting(one.instant(), one.instant(), one.bool())),
        (what & DAYS) == 0 ? List.of() : from.list(StoryFormat::days),
        (what & WATCHES) == 0 ? List.of() : from.list(StoryFormat::watch),
        (what & EXCLUDED) == 0
            ? Set.of()
            : EnumSet.copyOf(from.<Exclusion>list(one -> one.constant(EXCLUSIONS))),
        touchedAt);
  }

  private static UUID uuid(RolloutId id) {
    var known = lastRollout;
    if (known.id().equals(id)) return known.uuid();
    var made = KnownRollout.of(id);
    lastRollout = made;
    return made.uuid();
  }

  private static RolloutId rolloutId(UUID uuid) {
    var known = lastRollout;
    if (known.uuid().equals(uuid)) return known.id();
    var made = new KnownRollout(RolloutId.of(uuid.toString()), uuid);
    lastRollout = made;
    return made.id();
  }

  private static void write(@Nullable Instant instant, Packer to) {
    if (instant != null) to.instant(instant);
  }

  private static @Nullable Instant instant(Unpacker from, int there) {
    return there == 0 ? null : from.instant();
  }

  private static void write(@Nullable Began began, Packer to) {
    if (began != null) to.instant(began.at()).number(began.stage());
  }

  private static @Nullable Began began(Unpacker from, int there) {
    return there == 0 ? null : new Began(from.instant(), from.whole());
  }

  private static void write(Moments moments, Packer to) {
    if (moments.isEmpty()) return;
    to.number(moments.at().size());
    for (Instant moment : moments.at()) to.instant(moment);
  }

  private static Moments moments(Unpacker from, int there) {
    return there == 0 ? Moments.NONE : new Moments(from.list(Unpacker::instant));
  }

  /// The days rise, so that each but the first is told by its distance from the one before.
  private static void write(Days days, Packer to) {
    to.number(days.stage()).constant(days.arm()).bool(days.broke()).number(days.days().size());
    long before = 0;
    for (long day : days.days()) {
      to.signed(day - before);
      before = day;
    }
  }

  private static Days days(Unpacker from) {
    int stage = from.whole();
    Arm arm = from.constant(ARMS);
    boolean broke = from.bool();
    long[] before = {0};
    var days = from.list(one -> before[0] += one.signed());
    return new Days(stage, arm, days, broke);
  }

  private static Watch watch(Unpacker from) {
    return new Watch(
        from.constant(ARMS), from.whole(), from.instant(), from.maybe(), from.maybe(), from.bool());
  }
}
