package dev.slipway.cli.rollout;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.OverrideOrder;
import dev.slipway.contracts.rollout.OverrideView;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Channels: which devices get what.
@Command(
    name = "channel",
    header = "Which devices a channel serves, and which device is on which.",
    description = {
      "",
      "An app has one channel to begin with. Others serve testers, or a beta: devices ask for them,"
          + " or an operator puts them there.",
      ""
    },
    subcommands = {
      ChannelCommand.Create.class,
      ChannelCommand.ListAll.class,
      ChannelCommand.Show.class,
      ChannelCommand.Set.class,
      ChannelCommand.Delete.class,
      ChannelCommand.Override.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class ChannelCommand {

  /// The rules that are named; the others stay as they are.
  static final class Rules {
    @Option(
        names = "--open",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Whether devices get it without asking (\"public\").")
    @Nullable Boolean open;

    @Option(
        names = "--self-assign",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Whether a device may put itself on it.")
    @Nullable Boolean selfAssign;

    @Option(
        names = "--ios",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Serves iOS.")
    @Nullable Boolean ios;

    @Option(
        names = "--android",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Serves Android.")
    @Nullable Boolean android;

    @Option(
        names = "--electron",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Serves Electron.")
    @Nullable Boolean electron;

    @Option(
        names = "--emulators",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Serves emulators.")
    @Nullable Boolean emulators;

    @Option(
        names = "--devices",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Serves physical devices.")
    @Nullable Boolean devices;

    @Option(
        names = "--debug-builds",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Serves debug builds of the app (\"dev\").")
    @Nullable Boolean debugBuilds;

    @Option(
        names = "--release-builds",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Serves release builds of the app (\"prod\").")
    @Nullable Boolean releaseBuilds;

    @Option(
        names = "--barrier",
        description =
            "Which step of the version, against the native one, needs a new native build:"
                + " ${COMPLETION-CANDIDATES}.")
    ChannelRules.@Nullable Barrier barrier;

    @Option(
        names = "--bar-under-native",
        arity = "1",
        paramLabel = "yes|no",
        converter = YesNo.class,
        description = "Whether a version lower than the native one is kept back.")
    @Nullable Boolean barUnderNative;

    ChannelRules over(ChannelRules known) {
      return new ChannelRules(
          or(open, known.open()),
          or(selfAssign, known.selfAssign()),
          or(ios, known.ios()),
          or(android, known.android()),
          or(electron, known.electron()),
          or(emulators, known.emulators()),
          or(devices, known.devices()),
          or(debugBuilds, known.debugBuilds()),
          or(releaseBuilds, known.releaseBuilds()),
          barrier == null ? known.barrier() : barrier,
          or(barUnderNative, known.barUnderNative()));
    }

    private static boolean or(@Nullable Boolean given, boolean known) {
      return given == null ? known : given;
    }
  }

  /// `yes` or `no`, because `--ios false` reads badly and `--no-ios` is a second word for a rule.
  static final class YesNo implements picocli.CommandLine.ITypeConverter<Boolean> {
    @java.lang.Override
    public Boolean convert(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "yes", "true", "on" -> true;
        case "no", "false", "off" -> false;
        default ->
            throw new picocli.CommandLine.TypeConversionException("'" + text + "': yes or no");
      };
    }
  }

  private static String query(String reason) {
    return "?reason=" + URLEncoder.encode(reason, StandardCharsets.UTF_8);
  }

  private static List<String> text(RolloutText words, ChannelView view) {
    var lines = new ArrayList<>(words.full(view));
    lines.add("  serves     " + words(view.rules()));
    return lines;
  }

  static String words(ChannelRules rules) {
    var words = new ArrayList<String>();
    if (rules.ios()) words.add("ios");
    if (rules.android()) words.add("android");
    if (rules.electron()) words.add("electron");
    words.add(rules.open() ? "to everybody" : rules.selfAssign() ? "who asks" : "who is put on it");
    if (!rules.emulators()) words.add("no emulators");
    if (!rules.devices()) words.add("no physical devices");
    if (!rules.debugBuilds()) words.add("no debug builds");
    if (!rules.releaseBuilds()) words.add("no release builds");
    words.add("barrier " + rules.barrier().name().toLowerCase(Locale.ROOT));
    if (rules.barUnderNative()) words.add("nothing under native");
    return String.join(", ", words);
  }

  @Command(
      name = "create",
      header = "Opens a channel.",
      description = {
        "",
        "It serves the store's build until a rollout on it is complete. Without rules: everybody;"
            + " a new major version needs a new native build.",
        "",
        "Example: ./slipway channel create beta --app com.example.app --open no --self-assign yes",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Create implements Callable<Integer> {
    @Parameters(paramLabel = "CHANNEL", description = "Its name.")
    ChannelName name = new ChannelName("production");

    @Option(
        names = "--reason",
        defaultValue = "created from the command line",
        description = "Why, for those who read it later.")
    String reason = "";

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final Rules rules = new Rules();
    @Mixin final ChannelOf channel;
    private final Surroundings surroundings;

    Create(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.channel = new ChannelOf(surroundings);
    }

    @java.lang.Override
    public Integer call() {
      var api = channel.api();
      String path = "/v1/apps/%s/channels/%s".formatted(channel.app(), name);
      var known = api.find(path, ChannelView.class);
      if (known.isPresent()) {
        throw new dev.slipway.cli.CommandFailure(
            "The channel %s is there already; change it with: ./slipway channel set %s"
                .formatted(name, name));
      }
      ChannelView view =
          api.put(path + query(reason), rules.over(ChannelRules.DEFAULT), ChannelView.class);
      var terminal = surroundings.terminal();
      if (json) terminal.json(view);
      else text(new RolloutText(terminal), view).forEach(terminal::line);
      return 0;
    }
  }

  @Command(
      name = "list",
      header = "The channels of an app.",
      description = {"", "Example: ./slipway channel list --app com.example.app", ""},
      mixinStandardHelpOptions = true)
  static final class ListAll implements Callable<Integer> {
    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final ChannelOf channel;
    private final Surroundings surroundings;

    ListAll(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.channel = new ChannelOf(surroundings);
    }

    @java.lang.Override
    public Integer call() {
      var api = channel.api();
      var all = new ArrayList<ChannelView>();
      String after = "";
      while (after != null) {
        Page<ChannelView> page =
            api.get(
                "/v1/apps/%s/channels?limit=500&after=%s".formatted(channel.app(), after),
                new TypeReference<Page<ChannelView>>() {});
        all.addAll(page.items());
        after = page.next();
      }
      var terminal = surroundings.terminal();
      if (json) {
        terminal.json(all);
        return 0;
      }
      for (var view : all) {
        var rollout = view.rollout();
        terminal.line(
            "%-16s  baseline %-12s  %s"
                .formatted(
                    view.channel(),
                    view.baseline(),
                    rollout == null
                        ? "no rollout yet"
                        : new RolloutText(terminal).state(rollout.state())
                            + " "
                            + rollout.version()));
      }
      return 0;
    }
  }

  @Command(
      name = "show",
      header = "One channel: its rules, what it serves, and how far the last change has spread.",
      description = {"", "Example: ./slipway channel show beta --app com.example.app", ""},
      mixinStandardHelpOptions = true)
  static final class Show implements Callable<Integer> {
    @Parameters(paramLabel = "CHANNEL", description = "Its name.")
    ChannelName name = new ChannelName("production");

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final ChannelOf channel;
    private final Surroundings surroundings;

    Show(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.channel = new ChannelOf(surroundings);
    }

    @java.lang.Override
    public Integer call() {
      ChannelView view =
          channel
              .api()
              .get("/v1/apps/%s/channels/%s".formatted(channel.app(), name), ChannelView.class);
      var terminal = surroundings.terminal();
      if (json) terminal.json(view);
      else text(new RolloutText(terminal), view).forEach(terminal::line);
      return 0;
    }
  }

  @Command(
      name = "set",
      header = "Changes which devices a channel serves.",
      description = {
        "",
        "What is not named stays as it is.",
        "",
        "Example: ./slipway channel set beta --app com.example.app --emulators no --barrier minor",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Set implements Callable<Integer> {
    @Parameters(paramLabel = "CHANNEL", description = "Its name.")
    ChannelName name = new ChannelName("production");

    @Option(
        names = "--reason",
        defaultValue = "changed from the command line",
        description = "Why, for those who read it later.")
    String reason = "";

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final Rules rules = new Rules();
    @Mixin final ChannelOf channel;
    private final Surroundings surroundings;

    Set(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.channel = new ChannelOf(surroundings);
    }

    @java.lang.Override
    public Integer call() {
      var api = channel.api();
      String path = "/v1/apps/%s/channels/%s".formatted(channel.app(), name);
      ChannelView known = api.get(path, ChannelView.class);
      ChannelView view =
          api.put(path + query(reason), rules.over(known.rules()), ChannelView.class);
      var terminal = surroundings.terminal();
      if (json) terminal.json(view);
      else text(new RolloutText(terminal), view).forEach(terminal::line);
      return 0;
    }
  }

  @Command(
      name = "delete",
      header = "Ends a channel: it serves nobody any more.",
      description = {
        "",
        "Refused while a rollout is under way on it, and for the app's default channel. Devices on"
            + " it keep what they run, and are told that there is no channel.",
        "",
        "Example: ./slipway channel delete beta --app com.example.app --reason 'the beta is over'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Delete implements Callable<Integer> {
    @Parameters(paramLabel = "CHANNEL", description = "Its name.")
    ChannelName name = new ChannelName("production");

    @Option(names = "--reason", required = true, description = "Why, for those who read it later.")
    String reason = "";

    @Mixin final ChannelOf channel;
    private final Surroundings surroundings;

    Delete(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.channel = new ChannelOf(surroundings);
    }

    @java.lang.Override
    public Integer call() {
      channel
          .api()
          .delete("/v1/apps/%s/channels/%s%s".formatted(channel.app(), name, query(reason)));
      surroundings.terminal().line("The channel %s is no more".formatted(name));
      return 0;
    }
  }

  @Command(
      name = "override",
      header = "Puts single devices on a channel, whatever they chose themselves.",
      description = {
        "",
        "Examples: ./slipway channel override set 01234567-89ab-cdef-0123-456789abcdef --to beta"
            + " --app com.example.app --reason 'a tester'",
        "          ./slipway channel override list --app com.example.app",
        ""
      },
      subcommands = {Override.SetOne.class, Override.Remove.class, Override.ListAll.class},
      synopsisSubcommandLabel = "COMMAND",
      mixinStandardHelpOptions = true)
  static final class Override {

    @Command(
        name = "set",
        header = "Puts a device on a channel.",
        description = {
          "",
          "Example: ./slipway channel override set 01234567-89ab-cdef-0123-456789abcdef --to beta"
              + " --app com.example.app --reason 'a tester'",
          ""
        },
        mixinStandardHelpOptions = true)
    static final class SetOne implements Callable<Integer> {
      @Parameters(paramLabel = "DEVICE_ID", description = "The device.")
      DeviceId device = DeviceId.of("00000000-0000-0000-0000-000000000000");

      @Option(names = "--to", paramLabel = "CHANNEL", required = true, description = "The channel.")
      ChannelName to = new ChannelName("production");

      @Option(
          names = "--reason",
          required = true,
          description = "Why, for those who read it later.")
      String reason = "";

      @Option(names = "--json", description = "The answer as JSON.")
      boolean json;

      @Mixin final ChannelOf channel;
      private final Surroundings surroundings;

      SetOne(Surroundings surroundings) {
        this.surroundings = surroundings;
        this.channel = new ChannelOf(surroundings);
      }

      @java.lang.Override
      public Integer call() {
        OverrideView view =
            channel
                .api()
                .put(
                    "/v1/apps/%s/overrides/%s".formatted(channel.app(), device),
                    new OverrideOrder(to, reason),
                    OverrideView.class);
        var terminal = surroundings.terminal();
        if (json) terminal.json(view);
        else terminal.line("%s is on %s".formatted(view.deviceId(), view.channel()));
        return 0;
      }
    }

    @Command(
        name = "remove",
        header = "Lets a device have its own choice again.",
        description = {
          "",
          "Example: ./slipway channel override remove 01234567-89ab-cdef-0123-456789abcdef --app"
              + " com.example.app",
          ""
        },
        mixinStandardHelpOptions = true)
    static final class Remove implements Callable<Integer> {
      @Parameters(paramLabel = "DEVICE_ID", description = "The device.")
      DeviceId device = DeviceId.of("00000000-0000-0000-0000-000000000000");

      @Mixin final ChannelOf channel;
      private final Surroundings surroundings;

      Remove(Surroundings surroundings) {
        this.surroundings = surroundings;
        this.channel = new ChannelOf(surroundings);
      }

      @java.lang.Override
      public Integer call() {
        channel.api().delete("/v1/apps/%s/overrides/%s".formatted(channel.app(), device));
        surroundings.terminal().line("%s is on the channel of its own choice".formatted(device));
        return 0;
      }
    }

    @Command(
        name = "list",
        header = "The devices that were put on a channel.",
        description = {"", "Example: ./slipway channel override list --app com.example.app", ""},
        mixinStandardHelpOptions = true)
    static final class ListAll implements Callable<Integer> {
      @Option(
          names = "--limit",
          defaultValue = "50",
          description = "How many, at most 500; default: ${DEFAULT-VALUE}.")
      int limit;

      @Option(names = "--after", paramLabel = "DEVICE_ID", description = "Those after this one.")
      @Nullable DeviceId after;

      @Option(names = "--json", description = "The answer as JSON.")
      boolean json;

      @Mixin final ChannelOf channel;
      private final Surroundings surroundings;

      ListAll(Surroundings surroundings) {
        this.surroundings = surroundings;
        this.channel = new ChannelOf(surroundings);
      }

      @java.lang.Override
      public Integer call() {
        Page<OverrideView> page =
            channel
                .api()
                .get(
                    "/v1/apps/%s/overrides?limit=%d%s"
                        .formatted(channel.app(), limit, after == null ? "" : "&after=" + after),
                    new TypeReference<Page<OverrideView>>() {});
        var terminal = surroundings.terminal();
        if (json) {
          terminal.json(page);
          return 0;
        }
        if (page.items().isEmpty()) terminal.line("There are none");
        for (var view : page.items()) {
          terminal.line(
              "%s  %-16s  %s  \"%s\" (access key %s)"
                  .formatted(
                      view.deviceId(),
                      view.channel(),
                      terminal.time(view.changedAt()),
                      view.reason(),
                      view.accessKey()));
        }
        if (page.next() != null) terminal.note("More: --after " + page.next());
        return 0;
      }
    }
  }
}
