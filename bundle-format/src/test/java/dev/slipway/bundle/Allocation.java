package dev.slipway.bundle;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * The memory that a piece of work asks for: a measure of the work itself, the same on a busy
 * machine as on an idle one.
 */
final class Allocation {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocation() {}

  /** The bytes that this thread allocates meanwhile, classes that are loaded included. */
  static long of(Runnable work) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
