package dev.slipway.cli.rollout;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.people.AboutApp;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.RecordedEvent;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "list",
    header = "The rollouts of an app, the newest first.",
    description = {"", "Example: ./slipway rollout list --app com.example.app --state running", ""},
    mixinStandardHelpOptions = true)
final class ListCommand extends AboutApp {

  @Option(
      names = {"--channel", "--in"},
      paramLabel = "CHANNEL",
      description = "Only this channel's.")
  @Nullable ChannelName only;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description = "Only those: ${COMPLETION-CANDIDATES}.")
  @Nullable RolloutState state;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many, at most 200; default: ${DEFAULT-VALUE}.")
  int limit;

  @Option(names = "--after", paramLabel = "ID", description = "Those after this one.")
  @Nullable RolloutId after;

  ListCommand(Surroundings surroundings) {
    super(surroundings);
  }

  @Override
  protected Integer run() {
    var query = new StringBuilder("?limit=" + limit);
    if (only != null) query.append("&channel=").append(only);
    if (state != null) query.append("&state=").append(state.name().toLowerCase(Locale.ROOT));
    if (after != null) query.append("&after=").append(after);
    Page<RolloutView> page =
        rollout().get(appPath() + "/rollouts" + query, new TypeReference<Page<RolloutView>>() {});
    if (asJson(page)) return 0;
    var terminal = terminal();
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
                  rollout.state().isActive() ? rollout.exposure() : ""));
    }
    if (page.next() != null) terminal.note("More: --after " + page.next());
    return 0;
  }

  @Command(
      name = "show",
      header = "One rollout, with all that was decided about it.",
      description = {
        "",
        "Example:",
        "  ./slipway rollout show 01234567-89ab-cdef-0123-456789abcdef \\",
        "      --app com.example.app",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Show extends AboutApp {
    @Parameters(paramLabel = "ID", description = "The rollout's id.")
    RolloutId id = RolloutId.of("00000000-0000-0000-0000-000000000000");

    Show(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    protected String about() {
      return "rollout %s of app %s".formatted(id, app());
    }

    @Override
    protected Integer run() {
      RolloutView rollout = rollout().get(appPath() + "/rollouts/" + id, RolloutView.class);
      if (asJson(rollout)) return 0;
      var terminal = terminal();
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
            rollout()
                .get(
                    "%s/channels/%s/events?limit=500&after=%s"
                        .formatted(appPath(), rollout.channel(), from),
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
