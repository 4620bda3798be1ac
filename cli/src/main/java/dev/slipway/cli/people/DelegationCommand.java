package dev.slipway.cli.people;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.ReleasePublicKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.release.DelegationView;
import dev.slipway.contracts.release.NewDelegation;
import dev.slipway.contracts.release.ReleaseKeyView;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Delegations.
@Command(
    name = "delegation",
    header = "By whose word agents believe what a channel offers.",
    description = {
      "",
      "The service signs each channel's offer with a release key. Agents believe it as long as a"
          + " delegation by the publisher names that key: at most a year. Devices with the stock"
          + " Capgo plugin need none.",
      ""
    },
    subcommands = {DelegationCommand.Create.class, DelegationCommand.ListAll.class},
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class DelegationCommand {

  private static void show(Asking asking, DelegationView delegation) {
    var terminal = asking.terminal();
    terminal.line(
        "%s  channels %s  until %s (%d days)"
            .formatted(
                delegation.id(),
                String.join(", ", delegation.channels()),
                terminal.time(delegation.expiresAt()),
                delegation.daysLeft()));
  }

  @Command(
      name = "create",
      header = "Signs a delegation on this machine and hands it over.",
      description = {
        "",
        "The signing key stays here. All release keys that the service has now are named. Do it again"
            + " after the service made a new release key, after your certificate changed, and each"
            + " year.",
        "",
        "Example: ./slipway delegation create com.example.tides --for 365d",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Create extends Asking {

    @Parameters(paramLabel = "APP_ID", description = "The app, such as com.example.app.")
    AppId app = new AppId("com.example.app");

    @Option(
        names = "--channel",
        split = ",",
        description = "The channels it speaks about; all of them unless given.")
    @Nullable List<ChannelName> channels;

    @Option(
        names = "--for",
        defaultValue = "365d",
        description = "How long it is in force, at most 365d; default: ${DEFAULT-VALUE}.")
    Duration life = Delegation.MAX_LIFE;

    @Mixin final Keys keys;

    Create(Surroundings surroundings) {
      super(surroundings);
      this.keys = new Keys(surroundings);
    }

    @Override
    public Integer call() throws IOException {
      var ring = keys.read();
      if (!ring.appId().equals(app)) {
        throw new CommandFailure("The keys are those of " + ring.appId() + ", not of " + app);
      }
      if (!life.isPositive() || life.compareTo(Delegation.MAX_LIFE) > 0) {
        throw new CommandFailure("--for is at most 365d");
      }
      Page<ReleaseKeyView> releaseKeys =
          rollout().get("/v1/release-keys", new TypeReference<Page<ReleaseKeyView>>() {});
      var from = surroundings.clock().instant().truncatedTo(ChronoUnit.SECONDS);
      var delegation =
          new Delegation(
              app,
              channels == null
                  ? List.of(Delegation.ALL_CHANNELS)
                  : channels.stream().map(ChannelName::text).toList(),
              releaseKeys.items().stream()
                  .map(key -> new ReleasePublicKey(key.publicKey()))
                  .toList(),
              from,
              from.plusSeconds(life.toSeconds()));
      var view =
          rollout()
              .post(
                  "/v1/apps/" + app + "/delegations",
                  new NewDelegation(delegation.sign(ring.signer())),
                  DelegationView.class);
      if (asJson(view)) return 0;
      terminal().line(terminal().green("Agents of " + app + " believe this service now"));
      show(this, view);
      return 0;
    }
  }

  @Command(name = "list", header = "An app's delegations.", mixinStandardHelpOptions = true)
  static final class ListAll extends Asking {

    @Parameters(paramLabel = "APP_ID", description = "The app, such as com.example.app.")
    AppId app = new AppId("com.example.app");

    ListAll(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      Page<DelegationView> page =
          rollout()
              .get(
                  "/v1/apps/" + app + "/delegations",
                  new TypeReference<Page<DelegationView>>() {});
      if (asJson(page)) return 0;
      if (page.items().isEmpty()) {
        terminal().line("There is none: ./slipway delegation create " + app);
      }
      page.items().forEach(delegation -> show(this, delegation));
      return 0;
    }
  }
}
