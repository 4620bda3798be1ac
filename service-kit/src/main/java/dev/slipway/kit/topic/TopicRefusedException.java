package dev.slipway.kit.topic;

import java.util.List;

/// Kafka has a topic that cannot carry what Slipway would put on it. The message says what to do.
public final class TopicRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TopicRefusedException(List<String> objections) {
    super(String.join(" ", objections));
  }
}
