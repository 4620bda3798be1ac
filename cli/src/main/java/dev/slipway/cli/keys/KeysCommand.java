package dev.slipway.cli.keys;

import picocli.CommandLine.Command;

/// The keys of a publisher.
@Command(
    name = "keys",
    header = "The keys that seal and sign an app's bundles.",
    description = {
      "",
      "They are made and kept on the publisher's side (your machine, your CI): no server ever gets"
          + " one. Who has the folder can publish as you; who loses it cannot publish at all.",
      "",
      "A build server that keeps secrets in the environment sets SLIPWAY_KEYRING to the text of all"
          + " files of the folder (cat slipway-keys/*); no command ever prints it.",
      ""
    },
    subcommands = {
      InitCommand.class,
      ListCommand.class,
      RotateCommand.class,
      ExportRecipientCommand.class,
      EscrowCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class KeysCommand {}
