package dev.slipway.delivery.image;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Things by their names, immutable. Made for being asked with each check and copied with each
/// change: the names' hashes and the things lie in two arrays, so that a look-up touches nothing of
/// other things, and the next table is a copy of both and not a table built anew.
///
/// Names are chosen by operators, so nobody who asks can make them fall together.
public final class NameTable<T extends NameTable.Named> implements Iterable<T> {

  /// What has a name of its own in a table.
  public interface Named {
    String name();
  }

  private static final int SMALLEST = 4;

  private final int[] hashes;
  private final @Nullable Object[] places;
  private final int size;

  private NameTable(int[] hashes, @Nullable Object[] places, int size) {
    this.hashes = hashes;
    this.places = places;
    this.size = size;
  }

  public static <T extends Named> NameTable<T> empty() {
    return new NameTable<>(new int[SMALLEST], new @Nullable Object[SMALLEST], 0);
  }

  /// @throws IllegalArgumentException if two of them have one name
  static <T extends Named> NameTable<T> of(Iterable<T> things) {
    int count = 0;
    for (var _ : things) count++;
    var table = NameTable.<T>withRoomFor(count);
    for (var thing : things) table = table.put(thing);
    if (table.size != count) throw new IllegalArgumentException("two of one name");
    return table;
  }

  private static <T extends Named> NameTable<T> withRoomFor(int count) {
    int capacity = SMALLEST;
    while (capacity < 2 * count) capacity *= 2;
    return new NameTable<>(new int[capacity], new @Nullable Object[capacity], 0);
  }

  public @Nullable T get(String name) {
    return at(place(hashes, places, name));
  }

  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /// The next table: each name with its new thing, or without one where that is absent.
  NameTable<T> with(Map<String, @Nullable T> changes) {
    boolean removes = changes.entrySet().stream().anyMatch(it -> it.getValue() == null);
    boolean fits = 2 * (size + changes.size()) <= places.length;
    NameTable<T> next;
    if (removes || !fits) {
      next = withRoomFor(size + changes.size());
      for (var thing : this) {
        if (!changes.containsKey(thing.name())) next = next.put(thing);
      }
    } else {
      next = new NameTable<>(hashes.clone(), places.clone(), size);
    }
    for (var thing : changes.values()) {
      if (thing != null) next = next.put(thing);
    }
    return next;
  }

  /// Writes into the arrays of this table, which nobody else has seen yet.
  private NameTable<T> put(T thing) {
    int place = place(hashes, places, thing.name());
    boolean isNew = places[place] == null;
    hashes[place] = hash(thing.name());
    places[place] = thing;
    return isNew ? new NameTable<>(hashes, places, size + 1) : this;
  }

  /// Where the name is, or would be.
  private static int place(int[] hashes, @Nullable Object[] places, String name) {
    int hash = hash(name);
    int mask = places.length - 1;
    int place = hash & mask;
    // At most half of the places are taken.
    while (true) {
      var there = places[place];
      if (there == null || hashes[place] == hash && ((Named) there).name().equals(name)) {
        return place;
      }
      place = place + 1 & mask;
    }
  }

  private static int hash(String name) {
    int hash = name.hashCode() * 0x9e37_79b9;
    return hash ^ hash >>> 16;
  }

  @SuppressWarnings("unchecked") // only put writes them
  private @Nullable T at(int place) {
    return (T) places[place];
  }

  /// In no order that means anything.
  public Stream<T> stream() {
    return Arrays.stream(places).filter(Objects::nonNull).map(NameTable::cast);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // only put writes them
  private static <T> T cast(@Nullable Object thing) {
    return (T) Objects.requireNonNull(thing);
  }

  @Override
  public Iterator<T> iterator() {
    return stream().iterator();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NameTable<?> that
        && size == that.size
        && stream().allMatch(thing -> thing.equals(that.get(thing.name())));
  }

  @Override
  public int hashCode() {
    return stream().mapToInt(thing -> thing.name().hashCode()).sum();
  }

  @Override
  public String toString() {
    return "NameTable" + stream().map(Named::name).sorted().toList();
  }
}
