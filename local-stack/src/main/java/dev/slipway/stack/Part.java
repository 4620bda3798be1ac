package dev.slipway.stack;

/// A process of the local stack that the services build on.
public enum Part {
  KAFKA("kafka"),
  POSTGRES("postgres"),
  S3("s3");

  private final String label;

  Part(String label) {
    this.label = label;
  }

  /// The name of the process: of its log, its pid file and its line in the status.
  public String label() {
    return label;
  }
}
