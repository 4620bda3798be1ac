package dev.slipway.cli.cert;

import picocli.CommandLine.Command;

/// Certificates for signing bundles.
@Command(
    name = "cert",
    header = "The certificate that an app's bundles are signed with.",
    description = {
      "",
      "`keys init` makes the first one. Before it ends, the next one must be made and the old one"
          + " must hand over to it, or devices in the field refuse everything that comes after:",
      "",
      "  ./slipway cert show",
      "  ./slipway cert create --out next-certificate",
      "  ./slipway keys rotate --signing next-certificate",
      "  ./slipway bundle seal dist --app-version 2.0.0",
      "  ./slipway bundle migrate com.example.app-2.0.0.slipway \\",
      "      --out handover-2.0.0.slipway",
      "  ./slipway bundle publish handover-2.0.0.slipway",
      "",
      "docs/publishing.md walks through it.",
      ""
    },
    subcommands = {
      CreateCommand.class,
      RequestCommand.class,
      ShowCommand.class,
      LineageCommand.class,
      PinCommand.class,
      RevokeCommand.class,
      UnlockCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class CertCommand {}
