package dev.slipway.telemetry.packed;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Lays values one after the other, without names: what they are says the format that whoever packs
/// and unpacks has in common. Numbers take 7 bits a byte, the lowest first, so that small ones take
/// one byte. For one thread.
public final class Packer {

  private static final int FIRST_BYTES = 192;
  private static final int SEVEN_BITS = 0x7F;
  private static final int MORE = 0x80;

  private byte[] bytes = new byte[FIRST_BYTES];
  private int size;
  private long base;

  /// A number from 0 on; of a negative one the 64 bits.
  public Packer number(long value) {
    room(10);
    long rest = value;
    while ((rest & ~SEVEN_BITS) != 0) {
      bytes[size++] = (byte) (rest & SEVEN_BITS | MORE);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
    return this;
  }

  /// A number that may be negative, small if it is near 0.
  public Packer signed(long value) {
    return number(value << 1 ^ value >> 63);
  }

  public Packer bool(boolean value) {
    return number(value ? 1 : 0);
  }

  /// By its place: constants must stay in their order, new ones come last.
  public Packer constant(Enum<?> value) {
    return number(value.ordinal());
  }

  public Packer text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    number(utf8.length);
    room(utf8.length);
    System.arraycopy(utf8, 0, bytes, size, utf8.length);
    size += utf8.length;
    return this;
  }

  public Packer uuid(UUID value) {
    room(16);
    eight(value.getMostSignificantBits());
    eight(value.getLeastSignificantBits());
    return this;
  }

  /// Instants that follow are told by how far they are from this one.
  public Packer near(Instant instant) {
    instant(instant);
    base = instant.getEpochSecond();
    return this;
  }

  /// To the nanosecond; one of whole microseconds takes less.
  public Packer instant(Instant value) {
    signed(value.getEpochSecond() - base);
    int nanos = value.getNano();
    return number(nanos % 1_000 == 0 ? nanos / 1_000L << 1 : (long) nanos << 1 | 1);
  }

  /// What may be absent, where nothing else tells.
  public Packer maybe(@Nullable Instant value) {
    bool(value != null);
    return value == null ? this : instant(value);
  }

  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  private void eight(long value) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes[size++] = (byte) (value >>> shift);
  }

  private void room(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }
}
