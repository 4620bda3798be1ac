package dev.slipway.cli.rollout;

import dev.slipway.bundle.AppId;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.http.Api;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.rollout.ChannelView;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which channel of which app a command is about.
public final class ChannelOf {

  @Option(
      names = "--app",
      paramLabel = "APP_ID",
      description = "The app. Environment: SLIPWAY_APP.")
  @Nullable AppId app;

  @Option(
      names = "--channel",
      defaultValue = "production",
      description = "Its channel; default: ${DEFAULT-VALUE}.")
  ChannelName channel = new ChannelName("production");

  @Mixin final Connection connection;

  private final Surroundings surroundings;

  public ChannelOf(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  AppId app() {
    if (app != null) return app;
    return surroundings
        .variable("SLIPWAY_APP")
        .map(AppId::of)
        .orElseThrow(() -> new CommandFailure("Which app? Name it with --app or SLIPWAY_APP"));
  }

  Api api() {
    return connection.rollout();
  }

  String path() {
    return "/v1/apps/%s/channels/%s".formatted(app(), channel);
  }

  ChannelView view(Api api) {
    return api.get(path(), ChannelView.class);
  }
}
