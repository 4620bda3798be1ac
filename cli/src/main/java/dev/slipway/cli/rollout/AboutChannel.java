package dev.slipway.cli.rollout;

import dev.slipway.cli.Surroundings;
import dev.slipway.cli.people.AboutApp;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.rollout.ChannelView;
import picocli.CommandLine.Option;

/// A command about one channel of an app.
abstract class AboutChannel extends AboutApp {

  @Option(
      names = "--channel",
      paramLabel = "CHANNEL",
      defaultValue = "production",
      description = "Its channel; default: ${DEFAULT-VALUE}.")
  ChannelName channel = new ChannelName("production");

  AboutChannel(Surroundings surroundings) {
    super(surroundings);
  }

  String channelPath() {
    return appPath() + "/channels/" + channel;
  }

  ChannelView view() {
    return rollout().get(channelPath(), ChannelView.class);
  }

  @Override
  protected String about() {
    return "app %s with a channel %s".formatted(app(), channel);
  }
}
