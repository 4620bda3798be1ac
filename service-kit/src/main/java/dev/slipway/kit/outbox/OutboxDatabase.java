package dev.slipway.kit.outbox;

/// Where a service's outbox is, for the one connection that its publisher holds.
public record OutboxDatabase(String jdbcUrl, String user, String password, String schema) {

  public OutboxDatabase {
    Outbox.checkedSchema(schema);
  }

  @Override
  public String toString() {
    return "OutboxDatabase[" + jdbcUrl + ", schema " + schema + "]";
  }
}
