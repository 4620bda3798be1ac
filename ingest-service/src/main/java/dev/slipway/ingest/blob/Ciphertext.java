package dev.slipway.ingest.blob;

import dev.slipway.kit.http.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.Deflater;

/// Tells readable bytes from encrypted ones, by a sample, without a key: a guard against mistakes
/// of publishers, not against a will. What it takes for readable is readable: the patterns that it
/// knows are so long that encrypted bytes do not show them by chance, not in thousands of blobs.
final class Ciphertext {

  private static final int WINDOW = 8 << 10;

  /// So much shorter, in percent, than its own length deflate makes readable bytes at least.
  private static final int GAIN_PERCENT = 3;

  /// From so many bytes on, a text without one that is not ASCII is no accident.
  private static final int TEXT = 64;

  private Ciphertext() {}

  /// @throws Refusal 422 `not-encrypted`
  static void require(Path file, long size) throws IOException {
    byte[] sample = sample(file, size);
    String found = readable(sample);
    if (found != null) {
      throw Refusal.of(
              422,
              "not-encrypted",
              "These bytes are readable. Only what was encrypted on the publisher's machine is"
                  + " taken here: seal the bundle, or encrypt the zip, first.")
          .with("found", found);
    }
  }

  /// What makes these bytes look readable, or null.
  static @org.jspecify.annotations.Nullable String readable(byte[] sample) {
    if (isZip(sample)) return "zip";
    if (isGzip(sample)) return "gzip";
    if (startsWith(sample, "%pdf-")) return "pdf";
    if (startsWith(sample, "<!doctype") || startsWith(sample, "<html")) return "html";
    if (startsWith(sample, "\u0089png\r\n")) return "png";
    if (startsWith(sample, "wof2") && (at(sample, 4) == 0 || at(sample, 4) == 'O')) return "font";
    if (startsWith(sample, "riff") && Arrays.equals(range(sample, 8, 12), latin1("WEBP"))) {
      return "image";
    }
    if (at(sample, 0) == 0xFF
        && at(sample, 1) == 0xD8
        && (Arrays.equals(range(sample, 6, 11), latin1("JFIF\0"))
            || Arrays.equals(range(sample, 6, 11), latin1("Exif\0")))) {
      return "image";
    }
    if (sample.length >= TEXT && isAscii(sample)) return "text";
    return deflated(sample) * 100L < sample.length * (100L - GAIN_PERCENT) ? "compressible" : null;
  }

  /// Head, middle and tail of the file.
  private static byte[] sample(Path file, long size) throws IOException {
    try (var channel = FileChannel.open(file)) {
      if (size <= 3L * WINDOW) return read(channel, 0, (int) size);
      var sample = ByteBuffer.allocate(3 * WINDOW);
      sample.put(read(channel, 0, WINDOW));
      sample.put(read(channel, (size - WINDOW) / 2, WINDOW));
      sample.put(read(channel, size - WINDOW, WINDOW));
      return sample.array();
    }
  }

  private static byte[] read(FileChannel channel, long from, int length) throws IOException {
    var buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) break;
    }
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  /// A local header: magic, a version below 256, a method that is in use.
  private static boolean isZip(byte[] sample) {
    boolean empty = Arrays.equals(range(sample, 0, 8), latin1("PK\5\6\0\0\0\0"));
    return empty
        || (Arrays.equals(range(sample, 0, 4), latin1("PK\3\4"))
            && at(sample, 5) == 0
            && (at(sample, 8) == 0 || at(sample, 8) == 8)
            && at(sample, 9) == 0);
  }

  private static boolean isGzip(byte[] sample) {
    return Arrays.equals(range(sample, 0, 3), latin1("\u001f\u008b\u0008"))
        && (at(sample, 3) & 0xE0) == 0
        && (at(sample, 8) == 0 || at(sample, 8) == 2 || at(sample, 8) == 4)
        && (at(sample, 9) <= 13 || at(sample, 9) == 255);
  }

  private static boolean isAscii(byte[] sample) {
    for (byte one : sample) {
      if (one < 0) return false;
    }
    return true;
  }

  private static int deflated(byte[] sample) {
    var deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try {
      deflater.setInput(sample);
      deflater.finish();
      byte[] buffer = new byte[WINDOW];
      int length = 0;
      while (!deflater.finished()) length += deflater.deflate(buffer);
      return length;
    } finally {
      deflater.end();
    }
  }

  private static boolean startsWith(byte[] sample, String lowerCase) {
    return new String(range(sample, 0, lowerCase.length()), StandardCharsets.ISO_8859_1)
        .toLowerCase(Locale.ROOT)
        .equals(lowerCase);
  }

  private static byte[] range(byte[] sample, int from, int to) {
    return Arrays.copyOfRange(sample, Math.min(from, sample.length), Math.min(to, sample.length));
  }

  private static int at(byte[] sample, int index) {
    return index < sample.length ? Byte.toUnsignedInt(sample[index]) : -1;
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
