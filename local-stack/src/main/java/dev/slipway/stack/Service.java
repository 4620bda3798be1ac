package dev.slipway.stack;

/// A service of the suite.
public enum Service {
  INGEST("ingest-service", 8081, 192),
  ROLLOUT("rollout-service", 8082, 224),
  DELIVERY("delivery-service", 8080, 256),
  TELEMETRY("telemetry-service", 8083, 256);

  private final String label;
  private final int preferredPort;
  private final int heapMebibytes;

  Service(String label, int preferredPort, int heapMebibytes) {
    this.label = label;
    this.preferredPort = preferredPort;
    this.heapMebibytes = heapMebibytes;
  }

  /// The name of the module, of the process, of its log and of its line in the status.
  public String label() {
    return label;
  }

  /// The port that it listens on if that is free at its first start.
  public int preferredPort() {
    return preferredPort;
  }

  int heapMebibytes() {
    return heapMebibytes;
  }
}
