package dev.slipway.bundle;

import java.io.IOException;
import java.io.OutputStream;

/** Where the blobs of a bundle lie while it is made. For several threads, each with its place. */
interface Shelf {

  /** A place for one thread to write blobs to, one after the other. */
  interface Place extends AutoCloseable {

    /** Where a blob's bytes go; is closed before the blob is kept or dropped. */
    OutputStream begin() throws IOException;

    /** What was written is this blob. */
    void keep(Blob blob) throws IOException;

    /** These first bytes of an array are this blob, which was not begun. */
    void keep(Blob blob, byte[] sealed) throws IOException;

    /** What was written is no blob and goes away. */
    void drop() throws IOException;

    /** What was kept stays. */
    @Override
    void close() throws IOException;
  }

  Place place() throws IOException;
}
