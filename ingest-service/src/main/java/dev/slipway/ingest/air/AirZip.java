package dev.slipway.ingest.air;

import dev.slipway.bundle.BundlePath;
import dev.slipway.kit.http.Refusal;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// A zip read as strictly as a signed package needs it: entries one behind the other from the first
/// byte to the central directory, each described twice in the same words, nothing between them and
/// nothing behind. So every reader, by local headers or by the directory, sees the same files. Not
/// thread-safe.
final class AirZip implements Closeable {

  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int LOCAL_LENGTH = 30;
  private static final int CENTRAL_LENGTH = 46;
  private static final int END_LENGTH = 22;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;

  /// Bits 1 and 2 tell how hard deflate tried. Every other bit changes how an entry is to be read.
  private static final int HARMLESS_FLAGS = 0b110;

  private static final int MAX_ENTRIES = 20_000;
  private static final int MAX_NAME = 1024;
  private static final int MAX_DIRECTORY = 32 << 20;
  private static final int BUFFER = 32 << 10;

  /// Extra fields that give an entry another name or length.
  private static final int ZIP64 = 0x0001;

  private static final int UNICODE_PATH = 0x7075;

  private final FileChannel channel;
  private final List<Entry> entries;

  /// A file in the zip.
  ///
  /// @param size of the bytes as they are once inflated
  record Entry(String name, boolean stored, long crc, long compressed, long size, long data) {

    boolean isFolder() {
      return name.endsWith("/");
    }
  }

  /// Takes the bytes of an entry as they come.
  interface Sink {
    void write(byte[] buffer, int offset, int length) throws IOException;
  }

  private AirZip(FileChannel channel, List<Entry> entries) {
    this.channel = channel;
    this.entries = List.copyOf(entries);
  }

  /// @param mostBytes that all entries together may have once inflated
  /// @throws Refusal 422 `air-package-invalid`
  static AirZip open(Path file, long mostBytes) throws IOException {
    var channel = FileChannel.open(file);
    try {
      return new AirZip(channel, entries(channel, mostBytes));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /// In the order of the file.
  List<Entry> entries() {
    return entries;
  }

  /// @throws Refusal if the bytes are not those that the headers describe
  void read(Entry entry, Sink sink) throws IOException {
    var crc = new CRC32();
    long size = entry.stored() ? copy(entry, crc, sink) : inflate(entry, crc, sink);
    if (size != entry.size() || crc.getValue() != entry.crc()) {
      throw Mistake.CORRUPT.refuse("An entry is not what its header says: " + safe(entry.name()));
    }
  }

  /// @param limit the most that are read
  byte[] bytes(Entry entry, int limit) throws IOException {
    if (entry.size() > limit) {
      throw Mistake.CORRUPT.refuse(
          safe(entry.name()) + " has at most " + limit + " bytes in a package that is taken here.");
    }
    var bytes = new ByteArrayOutputStream((int) entry.size());
    read(entry, bytes::write);
    return bytes.toByteArray();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private long copy(Entry entry, CRC32 crc, Sink sink) throws IOException {
    byte[] buffer = new byte[BUFFER];
    long done = 0;
    while (done < entry.size()) {
      int some = (int) Math.min(buffer.length, entry.size() - done);
      fill(channel, buffer, some, entry.data() + done);
      crc.update(buffer, 0, some);
      sink.write(buffer, 0, some);
      done += some;
    }
    return done;
  }

  private long inflate(Entry entry, CRC32 crc, Sink sink) throws IOException {
    var inflater = new Inflater(true);
    byte[] in = new byte[BUFFER];
    byte[] out = new byte[BUFFER];
    long read = 0;
    long written = 0;
    try {
      while (!inflater.finished()) {
        if (inflater.needsInput()) {
          int some = (int) Math.min(in.length, entry.compressed() - read);
          if (some == 0) break;
          fill(channel, in, some, entry.data() + read);
          inflater.setInput(in, 0, some);
          read += some;
        }
        int some = inflater.inflate(out);
        written += some;
        // A bomb ends here, whatever it would become.
        if (written > entry.size() || inflater.needsDictionary()) break;
        crc.update(out, 0, some);
        sink.write(out, 0, some);
      }
      boolean all = read == entry.compressed() && inflater.getRemaining() == 0;
      return inflater.finished() && all ? written : -1;
    } catch (DataFormatException e) {
      return -1;
    } finally {
      inflater.end();
    }
  }

  private static List<Entry> entries(FileChannel channel, long mostBytes) throws IOException {
    long length = channel.size();
    if (length < LOCAL_LENGTH + CENTRAL_LENGTH + END_LENGTH) throw notAZip();
    ByteBuffer end = buffer(channel, END_LENGTH, length - END_LENGTH);
    // No comment, one disk: the end is where it is looked for first, and nowhere else.
    boolean plain =
        end.getInt(0) == END
            && end.getShort(4) == 0
            && end.getShort(6) == 0
            && end.getShort(8) == end.getShort(10)
            && end.getShort(20) == 0;
    if (!plain || buffer(channel, 4, 0).getInt(0) != LOCAL) throw notAZip();
    int count = Short.toUnsignedInt(end.getShort(10));
    long directoryLength = Integer.toUnsignedLong(end.getInt(12));
    long directoryStart = Integer.toUnsignedLong(end.getInt(16));
    if (count > MAX_ENTRIES
        || directoryLength > MAX_DIRECTORY
        || directoryStart + directoryLength != length - END_LENGTH) {
      throw notAZip();
    }
    ByteBuffer directory = buffer(channel, (int) directoryLength, directoryStart);
    var entries = new ArrayList<Entry>(count);
    long offset = 0;
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      Entry entry = entry(channel, directory, offset, directoryStart);
      entries.add(entry);
      offset = entry.data() + entry.compressed();
      bytes += entry.size();
      if (bytes > mostBytes) {
        throw Mistake.CORRUPT.refuse(
            "The files of a package have at most " + mostBytes + " bytes together here.");
      }
    }
    if (directory.hasRemaining() || offset != directoryStart) {
      throw Mistake.CORRUPT.refuse("Something in the zip belongs to no entry.");
    }
    requireNames(entries);
    return entries;
  }

  /// Reads the next entry of the directory and its local header, which must be at this offset.
  private static Entry entry(
      FileChannel channel, ByteBuffer directory, long offset, long directoryStart)
      throws IOException {
    if (directory.remaining() < CENTRAL_LENGTH
        || directory.getInt(directory.position()) != CENTRAL) {
      throw notAZip();
    }
    int at = directory.position();
    int flags = Short.toUnsignedInt(directory.getShort(at + 8));
    int method = Short.toUnsignedInt(directory.getShort(at + 10));
    int nameLength = Short.toUnsignedInt(directory.getShort(at + 28));
    int extraLength = Short.toUnsignedInt(directory.getShort(at + 30));
    int commentLength = Short.toUnsignedInt(directory.getShort(at + 32));
    if (directory.remaining() < CENTRAL_LENGTH + nameLength + extraLength + commentLength) {
      throw notAZip();
    }
    byte[] name = slice(directory, at + CENTRAL_LENGTH, nameLength);
    requireExtra(slice(directory, at + CENTRAL_LENGTH + nameLength, extraLength));
    directory.position(at + CENTRAL_LENGTH + nameLength + extraLength + commentLength);

    if ((flags & ~HARMLESS_FLAGS) != 0) {
      throw Mistake.FLAGS.refuse(
          "No entry may be encrypted, streamed or flagged in any other way than for deflate's level.");
    }
    if (method != STORED && method != DEFLATED) {
      throw Mistake.COMPRESSION.refuse("Entries are stored or deflated.");
    }
    if (nameLength == 0 || nameLength > MAX_NAME) {
      throw Mistake.FILE_NAME.refuse("A name has 1 to " + MAX_NAME + " bytes.");
    }
    if (Integer.toUnsignedLong(directory.getInt(at + 42)) != offset
        || offset + LOCAL_LENGTH + nameLength > directoryStart) {
      throw Mistake.CORRUPT.refuse(
          "The central directory does not list the entries one behind the other from the first"
              + " byte.");
    }
    ByteBuffer local = buffer(channel, LOCAL_LENGTH + nameLength, offset);
    boolean same =
        local.getInt(0) == LOCAL
            // Flags, method, time, date, CRC and both lengths.
            && Arrays.equals(slice(local, 6, 20), slice(directory, at + 8, 20))
            && Short.toUnsignedInt(local.getShort(26)) == nameLength
            && Arrays.equals(slice(local, LOCAL_LENGTH, nameLength), name);
    if (!same) {
      throw Mistake.CORRUPT.refuse(
          "A local header and the central directory contradict each other.");
    }
    int localExtra = Short.toUnsignedInt(local.getShort(28));
    long data = offset + LOCAL_LENGTH + nameLength + localExtra;
    long compressed = Integer.toUnsignedLong(directory.getInt(at + 20));
    long size = Integer.toUnsignedLong(directory.getInt(at + 24));
    if (data + compressed > directoryStart || (method == STORED && compressed != size)) {
      throw Mistake.CORRUPT.refuse("An entry is longer than the file has room for.");
    }
    if (localExtra > 0) {
      requireExtra(buffer(channel, localExtra, data - localExtra).array());
    }
    return new Entry(
        text(name),
        method == STORED,
        Integer.toUnsignedLong(directory.getInt(at + 16)),
        compressed,
        size,
        data);
  }

  private static void requireNames(List<Entry> entries) {
    var names = new HashSet<String>();
    for (Entry entry : entries) {
      if (entry.isFolder() && entry.size() + entry.compressed() > 0) {
        throw Mistake.CORRUPT.refuse("A folder has data.");
      }
      if (!names.add(entry.name())) {
        throw Mistake.FILE_NAME.refuse("A name occurs twice.");
      }
    }
    BundlePath.requireAll(
        entries.stream().filter(entry -> !entry.isFolder()).map(Entry::name).toList());
    for (Entry entry : entries) {
      if (entry.isFolder()) {
        BundlePath.requireAll(List.of(entry.name().substring(0, entry.name().length() - 1)));
      }
    }
  }

  private static void requireExtra(byte[] extra) {
    var fields = ByteBuffer.wrap(extra).order(ByteOrder.LITTLE_ENDIAN);
    while (fields.remaining() >= 4) {
      int id = Short.toUnsignedInt(fields.getShort());
      int length = Short.toUnsignedInt(fields.getShort());
      if (id == ZIP64 || id == UNICODE_PATH || length > fields.remaining()) {
        throw Mistake.CORRUPT.refuse("An extra field gives an entry another name or length.");
      }
      fields.position(fields.position() + length);
    }
  }

  private static String text(byte[] name) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).toString();
    } catch (CharacterCodingException e) {
      throw Mistake.FILE_NAME.refuse("A name is not UTF-8.");
    }
  }

  private static byte[] slice(ByteBuffer buffer, int from, int length) {
    byte[] bytes = new byte[length];
    buffer.get(from, bytes);
    return bytes;
  }

  private static ByteBuffer buffer(FileChannel channel, int length, long from) throws IOException {
    byte[] bytes = new byte[length];
    fill(channel, bytes, length, from);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void fill(FileChannel channel, byte[] target, int length, long from)
      throws IOException {
    var buffer = ByteBuffer.wrap(target, 0, length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw Mistake.CORRUPT.refuse("The package ends within an entry.");
      }
    }
  }

  private static Refusal notAZip() {
    return Mistake.NOT_A_PACKAGE.refuse("This is not a plain zip from its first byte to its last.");
  }

  static String safe(String name) {
    String shown = name.length() > 80 ? name.substring(0, 80) : name;
    return shown.replaceAll("[^A-Za-z0-9._/-]", "?");
  }
}
