package dev.slipway.stack.broker;

import java.nio.file.Files;
import java.nio.file.Path;
import kafka.Kafka;
import kafka.tools.StorageTool;

/// Runs one Kafka node, broker and controller in one, and formats its folder first where that has
/// not been done: one JVM start instead of two.
public final class Broker {

  private Broker() {}

  /// @param args the server's properties file, its log folder, the cluster's id
  public static void main(String[] args) throws Exception {
    if (args.length != 3) {
      throw new IllegalArgumentException("Needed: properties file, log folder, cluster id");
    }
    if (!Files.exists(Path.of(args[1], "meta.properties"))) {
      int code =
          StorageTool.execute(
              new String[] {
                "format", "--ignore-formatted", "--config", args[0], "--cluster-id", args[2]
              },
              System.out);
      if (code != 0) {
        System.exit(code);
      }
    }
    Kafka.main(new String[] {args[0]});
  }
}
