package dev.slipway.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Work on several threads that looks like work on one. */
class CrewTest {

  private static final List<Integer> ITEMS =
      IntStream.range(0, 500).boxed().collect(Collectors.toList());

  @Test
  void givesResultsInTheOrderOfTheItems() throws IOException {
    AtomicInteger told = new AtomicInteger();

    List<Integer> doubled = Crew.work(ITEMS, () -> item -> 2 * item, told::incrementAndGet);

    assertThat(doubled).isEqualTo(ITEMS.stream().map(i -> 2 * i).collect(Collectors.toList()));
    assertThat(told.get()).isPositive();
    assertThat(Crew.work(List.<Integer>of(), () -> item -> item, () -> {})).isEmpty();
  }

  @Test
  void failsAsTheFirstOfTheItemsThatFail() {
    for (int round = 0; round < 50; round++) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(
              () ->
                  Crew.work(
                      ITEMS,
                      () ->
                          item -> {
                            if (item >= 7) {
                              throw new IOException("item " + item);
                            }
                            return item;
                          },
                      () -> {}))
          .withMessage("item 7");
    }
  }

  @Test
  void closesItsWorkersAndPassesOnWhatTheCallerThrows() {
    Set<Object> open = Collections.synchronizedSet(new HashSet<>());

    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                Crew.work(
                    ITEMS,
                    () -> {
                      Crew.Worker<Integer, Integer> worker =
                          new Crew.Worker<>() {
                            @Override
                            public Integer work(Integer item) {
                              return item;
                            }

                            @Override
                            public void close() {
                              open.remove(this);
                            }
                          };
                      open.add(worker);
                      return worker;
                    },
                    () -> {
                      throw new IllegalStateException("enough");
                    }))
        .withMessage("enough");

    assertThat(open).isEmpty();
  }

  @Test
  void endsItsWorkWhenItIsInterrupted() {
    Thread.currentThread().interrupt();

    assertThatExceptionOfType(InterruptedIOException.class)
        .isThrownBy(() -> Crew.work(ITEMS, () -> item -> item, () -> {}));

    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void tellsWhoWritesBesideWhatTheTargetThrew() {
    for (int good = 0; good < 20; good++) {
      int left = good;
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(
              () -> {
                try (Beside beside = new Beside(failingAfter(left))) {
                  for (int i = 0; i < 20; i++) {
                    beside.write(new byte[1 << 18]);
                  }
                  beside.finish();
                }
              })
          .withMessage("full");
    }
  }

  @Test
  void writesAllInOrderBeside() throws IOException {
    ByteArrayOutputStream there = new ByteArrayOutputStream();
    byte[] written = new byte[10_000];
    new Random(3).nextBytes(written);

    try (Beside beside = new Beside(64, there)) {
      beside.write(written, 0, 4_000);
      for (int from = 4_000; from < written.length; from += 50) {
        System.arraycopy(written, from, beside.buffer(), 0, 50);
        beside.pass(50);
      }
      beside.finish();
    }

    assertThat(there.toByteArray()).isEqualTo(written);
  }

  private static OutputStream failingAfter(int writes) {
    return new OutputStream() {
      private int left = writes;

      @Override
      public void write(int b) throws IOException {
        throw new IOException("full");
      }

      @Override
      public void write(byte[] buffer, int offset, int length) throws IOException {
        if (left-- == 0) {
          throw new IOException("full");
        }
      }
    };
  }
}
