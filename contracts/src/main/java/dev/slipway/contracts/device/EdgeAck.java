package dev.slipway.contracts.device;

import java.time.Instant;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Up to where a delivery instance serves the channels' states. Written by the delivery service on
 * {@code edge-acks}, key: the instance's id, on change and each second. An instance is live for 10
 * s after its last.
 *
 * @param applied per partition of {@code channel-states} the offset after the last record that
 *     answers are given from
 * @param stale whether it serves without having heard from Kafka lately
 */
public record EdgeAck(
    String instance,
    Instant startedAt,
    SortedMap<Integer, Long> applied,
    boolean stale,
    Instant at) {
  public EdgeAck {
    applied = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(applied));
  }
}
