package dev.slipway.bundle;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A ZIP of which every byte follows from names and contents: no times, no attributes, no extra
 * fields, sizes in front of the data. The JDK's writer leaves room between its versions; here the
 * layout is part of the format.
 */
final class ZipWriter {

  /** The data stands as it is. */
  static final int STORED = 0;

  /** The data is a raw deflate stream. */
  static final int DEFLATED = 8;

  static final int LOCAL_HEADER = 30;
  private static final int CENTRAL_HEADER = 46;
  private static final int END = 22;
  private static final long MAX_SIZE = (1L << 32) - 1;
  private static final int MAX_ENTRIES = 0xFFFF - 1;

  private final OutputStream out;
  private final ByteArrayOutputStream central = new ByteArrayOutputStream();
  private int entries;
  private long offset;

  /** One entry, as both headers describe it. */
  record Entry(String name, int method, long crc, long compressed, long size) {

    byte[] localHeader() {
      byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
      byte[] bytes = new byte[LOCAL_HEADER + utf8.length];
      ByteBuffer header = littleEndian(bytes);
      header.putInt(0x04034b50);
      putCommon(header, utf8);
      header.put(utf8);
      return bytes;
    }

    private byte[] centralHeader(long offset) {
      byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
      byte[] bytes = new byte[CENTRAL_HEADER + utf8.length];
      ByteBuffer header = littleEndian(bytes);
      header.putInt(0x02014b50).putShort((short) 20);
      putCommon(header, utf8);
      // No comment, first disk, no attributes.
      header.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
      header.putInt((int) offset).put(utf8);
      return bytes;
    }

    private void putCommon(ByteBuffer header, byte[] utf8) {
      boolean ascii = utf8.length == name.length();
      header.putShort((short) 20).putShort((short) (ascii ? 0 : 1 << 11)).putShort((short) method);
      // Midnight of 1 January 1980, the first time that a ZIP can say.
      header.putShort((short) 0).putShort((short) 0x21);
      header.putInt((int) crc).putInt((int) compressed).putInt((int) size);
      header.putShort((short) utf8.length).putShort((short) 0);
    }
  }

  ZipWriter(OutputStream out) {
    this.out = out;
  }

  /** What writes an entry's data, exactly as many bytes as the entry says. */
  interface Data {
    void writeTo(OutputStream out) throws IOException;
  }

  void add(Entry entry, Data data) throws IOException {
    byte[] header = entry.localHeader();
    if (offset + header.length + entry.compressed() > MAX_SIZE
        || entry.size() > MAX_SIZE
        || entries == MAX_ENTRIES) {
      throw new IOException("more than a ZIP can hold: 4 GiB or " + MAX_ENTRIES + " entries");
    }
    central.writeBytes(entry.centralHeader(offset));
    entries++;
    out.write(header);
    data.writeTo(out);
    offset += header.length + entry.compressed();
  }

  /** Writes what stands after the last entry. */
  void finish() throws IOException {
    out.write(ending());
  }

  /** Counts an entry that is not written, for who holds a ZIP against what it must be. */
  void pass(Entry entry) {
    central.writeBytes(entry.centralHeader(offset));
    entries++;
    offset += entry.localHeader().length + entry.compressed();
  }

  byte[] ending() {
    byte[] bytes = new byte[central.size() + END];
    ByteBuffer end = littleEndian(bytes);
    end.put(central.toByteArray());
    end.putInt(0x06054b50).putShort((short) 0).putShort((short) 0);
    end.putShort((short) entries).putShort((short) entries);
    end.putInt(central.size()).putInt((int) offset).putShort((short) 0);
    return bytes;
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
