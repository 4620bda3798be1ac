package dev.slipway.cli.bundle;

import picocli.CommandLine.Command;

/// Sealed bundles, from a folder to what devices are offered.
@Command(
    name = "bundle",
    header = "Seals a release, looks into a sealed one, publishes it.",
    description = {
      "",
      "The usual way: seal a folder, publish the file, roll the version out.",
      "",
      "  ./slipway bundle seal dist --app-version 1.4.2",
      "  ./slipway bundle publish com.example.app-1.4.2.slipway",
      "  ./slipway rollout start --app com.example.app --app-version 1.4.2 \\",
      "      --reason 'faster start'",
      ""
    },
    subcommands = {
      SealCommand.class,
      InspectCommand.class,
      VerifyCommand.class,
      OpenCommand.class,
      SignCommand.class,
      MigrateCommand.class,
      PublishCommand.class,
      ListCommand.class,
      WithdrawCommand.class,
      RefusalsCommand.class,
      CapgoManifestCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class BundleCommand {}
