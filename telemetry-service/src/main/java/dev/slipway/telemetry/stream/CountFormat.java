package dev.slipway.telemetry.stream;

import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import dev.slipway.telemetry.packed.Packer;
import dev.slipway.telemetry.packed.Unpacker;
import java.util.List;

/// Rows of counts as bytes. Thread-safe.
final class CountFormat {

  private static final int FORMAT = 1;

  private static final List<Signal> SIGNALS = List.of(Signal.values());
  private static final List<Arm> ARMS = List.of(Arm.values());
  private static final List<Platform> PLATFORMS = List.of(Platform.values());
  private static final List<Sender> SENDERS = List.of(Sender.values());

  private CountFormat() {}

  static byte[] write(List<Count> counts) {
    var to = new Packer().number(FORMAT).number(counts.size());
    for (Count count : counts) write(count, to);
    return to.toBytes();
  }

  /// @throws IllegalArgumentException if the bytes are no counts, or those of a later version
  static List<Count> read(byte[] bytes) {
    var from = new Unpacker(bytes);
    from.format(FORMAT);
    var counts = from.list(CountFormat::read);
    from.end();
    return counts;
  }

  /// One of several, of which the format was told before.
  static void write(Count count, Packer to) {
    to.constant(count.signal())
        .constant(count.arm())
        .number(count.stage())
        .constant(count.platform())
        .constant(count.sender())
        .text(count.network())
        .signed(count.attempts())
        .signed(count.failures())
        .signed(count.confirmed());
  }

  static Count read(Unpacker from) {
    return new Count(
        from.constant(SIGNALS),
        from.constant(ARMS),
        from.whole(),
        from.constant(PLATFORMS),
        from.constant(SENDERS),
        from.text(),
        from.signed(),
        from.signed(),
        from.signed());
  }
}
