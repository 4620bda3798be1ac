package dev.slipway.cli.rollout;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.RecordedEvent;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "list",
    header = "The rollouts of an app, the newest first.",
    description = {"", "Example: ./slipway rollout list --app com.example.app --state running", ""},
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {

  @Option(names = "--in", paramLabel = "CHANNEL", description = "Only this channel's.")
  @Nullable ChannelName only;

  @Option(names = "--state", description = "Only those: ${COMPLETION-CANDIDATES}.")
  @Nullable RolloutState state;

  @Option(
      names = "--limit",
      defaultValue = "20",
      description = "How many, at most 200; default: ${DEFAULT-VALUE}.")
  int limit;

  @Option(names = "--after", paramLabel = "ID", description = "Those after this one.")
  @Nullable RolloutId after;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final ChannelOf channel;
  private final Surroundings surroundings;

  ListCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.channel = new ChannelOf(surroundings);
  }

  @Override
  public Integer call() {
    var query = new StringBuilder("?limit=" + limit);
    if (only != null) query.append("&channel=").append(only);
    if (state != null) query.append("&state=").append(state.name().toLowerCase(Locale.ROOT));
    if (after != null) query.append("&after=").append(after);
    Page<RolloutView> page =
        channel
            .api()
            .get(
                "/v1/apps/" + channel.app() + "/rollouts" + query,
                new TypeReference<Page<RolloutView>>() {});
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(page);
      return 0;
    }
    if (page.items().isEmpty()) terminal.line("There are none");
    var text = new RolloutText(terminal);
    for (var rollout : page.items()) {
      terminal.line(
          "%s  %s  %-12s  %-12s  %s  %s"
              .formatted(
                  rollout.rolloutId(),
                  terminal.time(rollout.createdAt()),
                  rollout.channel(),
                  rollout.version(),
                  text.state(rollout.state()),
                  rollout.startedAt() == null ? "" : rollout.exposure()));
    }
    if (page.next() != null) terminal.note("More: --after " + page.next());
    return 0;
  }

  @Command(
      name = "show",
      header = "One rollout, with all that was decided about it.",
      description = {
        "",
        "Example: ./slipway rollout show 01234567-89ab-cdef-0123-456789abcdef --app com.example.app",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Show implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "The rollout's id.")
    RolloutId id = RolloutId.of("00000000-0000-0000-0000-000000000000");

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final ChannelOf channel;
    private final Surroundings surroundings;

    Show(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.channel = new ChannelOf(surroundings);
    }

    @Override
    public Integer call() {
      var api = channel.api();
      RolloutView rollout =
          api.get("/v1/apps/" + channel.app() + "/rollouts/" + id, RolloutView.class);
      var terminal = surroundings.terminal();
      if (json) {
        terminal.json(rollout);
        return 0;
      }
      var text = new RolloutText(terminal);
      text.rollout(rollout).forEach(terminal::line);
      terminal.line("  history");
      for (var event : events(rollout)) {
        terminal.line("    " + text.event(event.event()));
      }
      return 0;
    }

    private List<RecordedEvent> events(RolloutView rollout) {
      var events = new ArrayList<RecordedEvent>();
      String from = "0";
      while (from != null) {
        Page<RecordedEvent> page =
            channel
                .api()
                .get(
                    "/v1/apps/%s/channels/%s/events?limit=500&after=%s"
                        .formatted(rollout.appId(), rollout.channel(), from),
                    new TypeReference<Page<RecordedEvent>>() {});
        page.items().stream()
            .filter(it -> rollout.rolloutId().equals(it.event().subject().rolloutId()))
            .forEach(events::add);
        from = page.next();
      }
      return events;
    }
  }
}
