package dev.slipway.delivery.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Numbers by key, both of 64 bits, several numbers for a key where need be: a million entries in
/// 24 MiB. Keys are hashes, and two that are equal are taken for one.
///
/// One thread writes. Any thread reads without a lock: a reader that finds that the writer was at
/// work looks again (a sequence lock), so that it sees all numbers of a key from before a change or
/// all from after it. Entries lie in one array, each key behind its home place (linear probing);
/// taking one away closes the gap, so that there are no tombstones and the table never degrades.
public final class CompactTable {

  private static final VarHandle SEQUENCE;

  static {
    try {
      SEQUENCE = MethodHandles.lookup().findVarHandle(CompactTable.class, "sequence", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /// What is found where there is nothing.
  public static final long NOTHING = 0;

  private static final int SMALLEST = 1024;

  /// The share of places that may be taken before the table grows.
  private static final double FULL = 0.75;

  // Key and number in turns; a key of 0 marks a free place.
  private volatile long[] slots = new long[2 * SMALLEST];
  private volatile int size;

  // Odd while the writer is at work.
  @SuppressWarnings("unused") // through its handle
  private long sequence;

  /// The first number of the key whose bits under the mask are these, or [#NOTHING].
  public long find(long key, long mask, long bits) {
    long wanted = nonZero(key);
    while (true) {
      long before = (long) SEQUENCE.getAcquire(this);
      if ((before & 1) == 0) {
        long found = scan(slots, wanted, mask, bits);
        VarHandle.acquireFence();
        if ((long) SEQUENCE.getOpaque(this) == before) return found;
      }
      Thread.onSpinWait();
    }
  }

  /// A number of the key, or [#NOTHING].
  public long find(long key) {
    return find(key, 0, 0);
  }

  private static long scan(long[] slots, long key, long mask, long bits) {
    int capacity = slots.length / 2;
    int place = home(key, capacity);
    // A table that is being written may show a reader anything, but not more places than it has.
    for (int seen = 0; seen < capacity; seen++) {
      long there = slots[2 * place];
      if (there == 0) return NOTHING;
      if (there == key && (slots[2 * place + 1] & mask) == bits) return slots[2 * place + 1];
      if (++place == capacity) place = 0;
    }
    return NOTHING;
  }

  /// Makes these all numbers of the key; none takes the key away. For the writing thread.
  ///
  /// @throws IllegalArgumentException if one of them is [#NOTHING]
  public void replace(long key, long... numbers) {
    for (long number : numbers) {
      if (number == NOTHING) throw new IllegalArgumentException("no number");
    }
    long wanted = nonZero(key);
    reserve(size + numbers.length);
    var places = slots;
    long before = (long) SEQUENCE.get(this);
    SEQUENCE.setOpaque(this, before + 1);
    VarHandle.storeStoreFence();
    int removed = removeAll(places, wanted);
    for (long number : numbers) add(places, wanted, number);
    SEQUENCE.setRelease(this, before + 2);
    size = size - removed + numbers.length;
  }

  private static int removeAll(long[] slots, long key) {
    int capacity = slots.length / 2;
    int place = home(key, capacity);
    int removed = 0;
    while (slots[2 * place] != 0) {
      if (slots[2 * place] == key) {
        close(slots, place);
        removed++;
      } else if (++place == capacity) {
        place = 0;
      }
    }
    return removed;
  }

  /// Moves back what would not be found any more behind a free place.
  private static void close(long[] slots, int gap) {
    int capacity = slots.length / 2;
    int place = gap;
    while (true) {
      if (++place == capacity) place = 0;
      long key = slots[2 * place];
      if (key == 0) break;
      int home = home(key, capacity);
      boolean stays = gap <= place ? home > gap && home <= place : home > gap || home <= place;
      if (stays) continue;
      slots[2 * gap] = key;
      slots[2 * gap + 1] = slots[2 * place + 1];
      gap = place;
    }
    slots[2 * gap] = 0;
    slots[2 * gap + 1] = 0;
  }

  private static void add(long[] slots, long key, long number) {
    int capacity = slots.length / 2;
    int place = home(key, capacity);
    while (slots[2 * place] != 0) {
      if (++place == capacity) place = 0;
    }
    slots[2 * place] = key;
    slots[2 * place + 1] = number;
  }

  private void reserve(int entries) {
    int capacity = slots.length / 2;
    if (entries <= capacity * FULL) return;
    int larger = capacity;
    // 2ⁿ and 3·2ⁿ in turns: half again as large each time, roughly.
    while (entries > larger * FULL) {
      larger = Integer.bitCount(larger) == 1 ? larger / 2 * 3 : larger / 3 * 4;
    }
    var next = new long[Math.multiplyExact(2, larger)];
    var old = slots;
    for (int i = 0; i < old.length; i += 2) {
      if (old[i] != 0) add(next, old[i], old[i + 1]);
    }
    // Who still reads the old array reads what was there before the change to come.
    slots = next;
  }

  /// How many numbers there are.
  public int size() {
    return size;
  }

  /// What it takes of the heap, in bytes, nearly.
  public long bytes() {
    return 8L * slots.length;
  }

  /// Writes all entries. What changes meanwhile is written as it was before, as it is after, or not
  /// at all.
  public void write(DataOutput out) throws IOException {
    var places = slots;
    for (int i = 0; i < places.length; i += 2) {
      long key = places[i];
      long number = places[i + 1];
      if (key == 0 || number == NOTHING) continue;
      out.writeLong(key);
      out.writeLong(number);
    }
    out.writeLong(0);
  }

  /// Reads what [#write] wrote into a table of its own.
  public static CompactTable read(DataInput in) throws IOException {
    var table = new CompactTable();
    int entries = 0;
    for (long key = in.readLong(); key != 0; key = in.readLong()) {
      table.reserve(++entries);
      add(table.slots, key, in.readLong());
    }
    table.size = entries;
    return table;
  }

  private static long nonZero(long key) {
    return key == 0 ? 1 : key;
  }

  private static int home(long key, int capacity) {
    return (int) Math.unsignedMultiplyHigh(key, capacity);
  }
}
