package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.COMPRESSION_BROKEN;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The one compressor of the format: zstd (RFC 8878). */
final class Zstandard {

  /** The largest window, 8 MiB: what level 19 uses, and what a reader gives at most. */
  private static final int WINDOW_LOG = 23;

  private Zstandard() {}

  /** The most bytes that so many become. */
  static int bound(int length) {
    return (int) Zstd.compressBound(length);
  }

  /** A compressor that keeps its tables, which are dear to make for each small file. */
  static ZstdCompressCtx compressor(int level) {
    return new ZstdCompressCtx().setLevel(level);
  }

  static OutputStream compressing(OutputStream target, int level) throws IOException {
    return new ZstdOutputStreamNoFinalizer(target, level).setWindowLog(WINDOW_LOG);
  }

  /**
   * The bytes that were compressed. The caller stops reading where it has enough: nothing here
   * bounds what comes out.
   */
  static InputStream decompressing(InputStream compressed) throws IOException {
    return new FilterInputStream(
        new ZstdInputStreamNoFinalizer(compressed).setLongMax(WINDOW_LOG)) {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        try {
          return in.read(buffer, offset, length);
        } catch (ZstdIOException e) {
          throw new BundleException(COMPRESSION_BROKEN, e);
        }
      }
    };
  }
}
