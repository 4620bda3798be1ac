package dev.slipway.contracts.topic;

/**
 * A record on a topic that is not what the topic carries. The message says why and never quotes the
 * record.
 */
public final class MalformedRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MalformedRecordException(String reason) {
    super(reason);
  }

  public MalformedRecordException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
