package dev.slipway.bundle;

import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * Tells whether bytes that are read twice are the same both times, for a small part of what another
 * SHA-256 costs: CRC-32 and CRC-32C together, for which processors have instructions. Bytes that
 * came to be others in between have the same value with a probability of about 2<sup>-64</sup>.
 *
 * <p>It is no protection against somebody who chooses the bytes. Who can write to the files of a
 * release while it is sealed can do so before; and whoever opens it holds its SHA-256 against what
 * was read first. For one thread.
 */
final class Fingerprint implements Checksum {

  private final CRC32 crc32 = new CRC32();
  private final CRC32C crc32c = new CRC32C();

  @Override
  public void update(int b) {
    crc32.update(b);
    crc32c.update(b);
  }

  @Override
  public void update(byte[] buffer, int offset, int length) {
    crc32.update(buffer, offset, length);
    crc32c.update(buffer, offset, length);
  }

  /** CRC-32C in the upper half, CRC-32 in the lower. */
  @Override
  public long getValue() {
    return crc32c.getValue() << Integer.SIZE | crc32.getValue();
  }

  @Override
  public void reset() {
    crc32.reset();
    crc32c.reset();
  }
}
