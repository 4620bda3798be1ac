package dev.slipway.cli.people;

import dev.slipway.bundle.AppId;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.DeviceId;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Single devices.
@Command(
    name = "device",
    header = "Single devices of an app.",
    description = {
      "",
      "Puts a device on a channel: ./slipway channel override --help",
      "",
      "Example:",
      "  ./slipway device forget 01234567-89ab-cdef-0123-456789abcdef \\",
      "      --app com.example.app",
      ""
    },
    subcommands = DeviceCommand.Forget.class,
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class DeviceCommand {

  @Command(
      name = "forget",
      header = "Deletes all that is known of a device.",
      description = {
        "",
        "Its channel, the versions that failed on it and its story are deleted at once; what the logs"
            + " still hold of it goes within seven days. Counts that it is part of stay: they name"
            + " nobody. A device that goes on asking is a new one from then on. It can be repeated,"
            + " and nobody knows whether the device ever was.",
        "",
        "Example:",
        "  ./slipway device forget 01234567-89ab-cdef-0123-456789abcdef \\",
        "      --app com.example.app --reason 'asked for by its owner'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Forget extends Asking {
    @Parameters(paramLabel = "DEVICE_ID", description = "The device.")
    DeviceId device = DeviceId.of("00000000-0000-0000-0000-000000000000");

    @Option(
        names = "--app",
        paramLabel = "APP_ID",
        description = "The app. Environment: SLIPWAY_APP.")
    @Nullable AppId app;

    @Option(
        names = "--reason",
        paramLabel = "TEXT",
        description = "Why, for those who read the audit.")
    @Nullable String reason;

    Forget(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var of =
          app == null
              ? surroundings
                  .variable("SLIPWAY_APP")
                  .map(AppId::of)
                  .orElseThrow(
                      () -> new CommandFailure("Which app? Name it with --app or SLIPWAY_APP"))
              : app;
      rollout()
          .delete(
              "/v1/apps/%s/devices/%s%s"
                  .formatted(of, device, reason == null ? "" : "?reason=" + encoded(reason)));
      if (!asJson(Map.of("app_id", of, "device_id", device, "forgotten", true))) {
        terminal().line("%s is forgotten".formatted(device));
      }
      return 0;
    }
  }
}
