package dev.slipway.delivery.download;

import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What part of an object a `Range` header asks for (RFC 9110, section 14).
sealed interface ByteRange {

  /// The whole object: no range, several of them, or a unit or form that is not understood.
  record Whole() implements ByteRange {}

  /// From the first to the last byte, both included.
  record Part(long first, long last) implements ByteRange {
    long length() {
      return last - first + 1;
    }
  }

  /// Nothing of the object is in the range.
  record Unsatisfiable() implements ByteRange {}

  /// Longer numbers than these are beyond any object.
  Pattern SINGLE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  static ByteRange of(@Nullable String header, long size) {
    var match = Optional.ofNullable(header).map(text -> SINGLE.matcher(text.strip()));
    if (match.isEmpty() || !match.get().matches()) return new Whole();
    var first = match.get().group(1);
    var last = match.get().group(2);
    if (first.isEmpty() && last.isEmpty()) return new Whole();
    if (first.isEmpty()) {
      long suffix = Math.min(Long.parseLong(last), size);
      return suffix == 0 ? new Unsatisfiable() : new Part(size - suffix, size - 1);
    }
    long from = Long.parseLong(first);
    long to = last.isEmpty() ? size - 1 : Math.min(Long.parseLong(last), size - 1);
    if (!last.isEmpty() && Long.parseLong(last) < from) return new Whole();
    return from >= size ? new Unsatisfiable() : new Part(from, to);
  }
}
