package dev.slipway.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;

class BooksTest {

  private final Books books = new Books(2);
  private Device device = Device.fresh(Plugin.NEWEST, "1.0.0");

  @Test
  void a_version_that_failed_counts_as_one_device_however_often_it_is_tried() {
    // When
    fail("1.2.0");
    fail("1.2.0");

    // Then
    assertThat(books.page().of("1.2.0")).isEqualTo(new Books.Line(1, 1, 1, 0, 1, 0, 0));
    assertThat(books.page().of("builtin").running()).isEqualTo(2);
    assertThat(books.page().undecided()).isZero();
  }

  @Test
  void a_device_that_left_a_version_that_ran_was_hauled_back() {
    // Given
    runs("1.2.0");

    // When
    runs("1.1.0");

    // Then
    assertThat(books.page().of("1.2.0")).isEqualTo(new Books.Line(1, 1, 1, 1, 0, 1, 0));
    assertThat(books.page().of("1.1.0").running()).isEqualTo(1);
  }

  @Test
  void a_round_begins_anew_when_asked_to() {
    // Given
    feed(new Input.Answered(new Answer.Nothing()));
    int before = books.page().checked();

    // When
    books.newRound();

    // Then
    assertThat(before).isEqualTo(1);
    assertThat(books.page().checked()).isZero();
  }

  private void fail(String version) {
    install(version);
    feed(new Input.ReadyTimeRanOut());
  }

  private void runs(String version) {
    install(version);
    feed(new Input.BecameReady());
  }

  private void install(String version) {
    var offer = new Offer(version, URI.create("http://127.0.0.1/x"), "", "");
    feed(new Input.Launched());
    feed(new Input.Answered(new Answer.Install(offer)));
    feed(new Input.Transferred(offer));
    feed(new Input.Unpacked(offer));
    feed(new Input.Backgrounded());
  }

  private void feed(Input input) {
    Device before = device;
    device = before.on(input).device();
    books.stepped(0, input, before, device);
  }
}
