package dev.slipway.cli.rollout;

import picocli.CommandLine.Option;

/// Why something is ordered: whoever looks at it later wants to know.
final class Reason {

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Why, for those who read it later; at most 500 characters.")
  String text = "";
}
