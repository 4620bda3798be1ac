package dev.slipway.telemetry.packed;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads what a [Packer] laid, in the same order. Whatever does not fit is an
/// [IllegalArgumentException]. For one thread.
public final class Unpacker {

  private static final int NANOS = 1_000_000_000;

  private final byte[] bytes;
  private int place;
  private long base;

  public Unpacker(byte[] bytes) {
    this.bytes = bytes;
  }

  /// The first byte of everything that is kept: how it is laid out.
  ///
  /// @param known the newest layout that this version of the service knows
  /// @throws IllegalArgumentException if it is another one
  public int format(int known) {
    long format = number();
    if (format < 1 || format > known) {
      throw new IllegalArgumentException(
          "kept in format "
              + format
              + ", this version of the service knows those up to "
              + known
              + ": a newer version wrote it, which is the one to run, or one from before the first"
              + " release");
    }
    return (int) format;
  }

  public long number() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = next();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) return value;
    }
    throw new IllegalArgumentException("a number of more than 64 bits");
  }

  public long signed() {
    long value = number();
    return value >>> 1 ^ -(value & 1);
  }

  public boolean bool() {
    return number() != 0;
  }

  /// @param constants of the enum, in their order
  public <E extends Enum<E>> E constant(List<E> constants) {
    long place = number();
    if (place < 0 || place >= constants.size()) {
      throw new IllegalArgumentException("no constant " + place + " of " + constants);
    }
    return constants.get((int) place);
  }

  public int whole() {
    long value = number();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a whole number of 31 bits: " + value);
    }
    return (int) value;
  }

  public String text() {
    int length = whole();
    take(length);
    return new String(bytes, place - length, length, StandardCharsets.UTF_8);
  }

  public UUID uuid() {
    return new UUID(eight(), eight());
  }

  public Instant near() {
    var instant = instant();
    base = instant.getEpochSecond();
    return instant;
  }

  public Instant instant() {
    long second = base + signed();
    long fraction = number();
    long nanos = (fraction & 1) == 0 ? (fraction >>> 1) * 1_000 : fraction >>> 1;
    if (nanos < 0 || nanos >= NANOS) {
      throw new IllegalArgumentException("a second has no nanosecond " + nanos);
    }
    try {
      return Instant.ofEpochSecond(second, nanos);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("no such second: " + second, e);
    }
  }

  public @Nullable Instant maybe() {
    return bool() ? instant() : null;
  }

  /// Several of a kind, after their number.
  public <T> List<T> list(Function<Unpacker, T> one) {
    int size = whole();
    if (size > bytes.length - place) {
      throw new IllegalArgumentException("fewer bytes than the " + size + " that should follow");
    }
    if (size == 0) return List.of();
    if (size == 1) return List.of(one.apply(this));
    var all = new ArrayList<T>(size);
    for (int i = 0; i < size; i++) all.add(one.apply(this));
    return all;
  }

  /// Nothing may follow.
  public void end() {
    if (place != bytes.length) {
      throw new IllegalArgumentException((bytes.length - place) + " bytes too many");
    }
  }

  private long eight() {
    take(8);
    long value = 0;
    for (int i = place - 8; i < place; i++) value = value << 8 | bytes[i] & 0xFF;
    return value;
  }

  private byte next() {
    take(1);
    return bytes[place - 1];
  }

  private void take(int length) {
    if (length > bytes.length - place) throw new IllegalArgumentException("it ends too early");
    place += length;
  }
}
