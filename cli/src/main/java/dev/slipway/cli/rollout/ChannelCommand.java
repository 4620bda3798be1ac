package dev.slipway.cli.rollout;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.people.AboutApp;
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
        paramLabel = "yes|no",
        description = "Whether devices get it without asking (\"public\").")
    @Nullable YesNo open;

    @Option(
        names = "--self-assign",
        paramLabel = "yes|no",
        description = "Whether a device may put itself on it.")
    @Nullable YesNo selfAssign;

    @Option(names = "--ios", paramLabel = "yes|no", description = "Serves iOS.")
    @Nullable YesNo ios;

    @Option(names = "--android", paramLabel = "yes|no", description = "Serves Android.")
    @Nullable YesNo android;

    @Option(names = "--electron", paramLabel = "yes|no", description = "Serves Electron.")
    @Nullable YesNo electron;

    @Option(names = "--emulators", paramLabel = "yes|no", description = "Serves emulators.")
    @Nullable YesNo emulators;

    @Option(names = "--devices", paramLabel = "yes|no", description = "Serves physical devices.")
    @Nullable YesNo devices;

    @Option(
        names = "--debug-builds",
        paramLabel = "yes|no",
        description = "Serves debug builds of the app (\"dev\").")
    @Nullable YesNo debugBuilds;

    @Option(
        names = "--release-builds",
        paramLabel = "yes|no",
        description = "Serves release builds of the app (\"prod\").")
    @Nullable YesNo releaseBuilds;

    @Option(
        names = "--barrier",
        paramLabel = "BARRIER",
        description =
            "Which step of the version, against the native one, needs a new native build:"
                + " ${COMPLETION-CANDIDATES}.")
    ChannelRules.@Nullable Barrier barrier;

    @Option(
        names = "--bar-under-native",
        paramLabel = "yes|no",
        description = "Whether a version lower than the native one is kept back.")
    @Nullable YesNo barUnderNative;

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

    private static boolean or(@Nullable YesNo given, boolean known) {
      return given == null ? known : given == YesNo.YES;
    }
  }

  /// Because `--ios=false` reads badly, and `--no-ios` is a second word for a rule.
  enum YesNo {
    YES,
    NO
  }

  /// A command about the channel that it names.
  abstract static class AboutOne extends AboutApp {
    @Parameters(paramLabel = "CHANNEL", description = "Its name.")
    ChannelName name = new ChannelName("production");

    AboutOne(Surroundings surroundings) {
      super(surroundings);
    }

    String path() {
      return appPath() + "/channels/" + name;
    }

    @java.lang.Override
    protected String about() {
      return "app %s with a channel %s".formatted(app(), name);
    }

    Integer say(ChannelView view) {
      if (!asJson(view)) text(new RolloutText(terminal()), view).forEach(terminal()::line);
      return 0;
    }
  }

  /// A command about the device that it names.
  abstract static class AboutDevice extends AboutApp {
    @Parameters(paramLabel = "DEVICE_ID", description = "The device.")
    DeviceId device = DeviceId.of("00000000-0000-0000-0000-000000000000");

    AboutDevice(Surroundings surroundings) {
      super(surroundings);
    }

    String path() {
      return appPath() + "/overrides/" + device;
    }
  }

  private static String query(Reason reason) {
    return "?reason=" + URLEncoder.encode(reason.text, StandardCharsets.UTF_8);
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
    words.add(
        rules.open()
            ? rules.selfAssign() ? "to everybody" : "to everybody who has no other channel"
            : rules.selfAssign() ? "who asks" : "who is put on it");
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
        "Example:",
        "  ./slipway channel create beta --app com.example.app --open no \\",
        "      --self-assign yes --reason 'for testers'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Create extends AboutOne {
    @Mixin final Reason reason = new Reason();

    @Mixin final Rules rules = new Rules();

    Create(Surroundings surroundings) {
      super(surroundings);
    }

    @java.lang.Override
    protected Integer run() {
      if (rollout().find(path(), ChannelView.class).isPresent()) {
        throw new CommandFailure(
            "The channel %s is there already; change it with: ./slipway channel set %s"
                .formatted(name, name));
      }
      return say(
          rollout()
              .put(path() + query(reason), rules.over(ChannelRules.DEFAULT), ChannelView.class));
    }
  }

  @Command(
      name = "list",
      header = "The channels of an app.",
      description = {"", "Example: ./slipway channel list --app com.example.app", ""},
      mixinStandardHelpOptions = true)
  static final class ListAll extends AboutApp {

    ListAll(Surroundings surroundings) {
      super(surroundings);
    }

    @java.lang.Override
    protected Integer run() {
      var all = new ArrayList<ChannelView>();
      String after = "";
      while (after != null) {
        Page<ChannelView> page =
            rollout()
                .get(
                    appPath() + "/channels?limit=500&after=" + after,
                    new TypeReference<Page<ChannelView>>() {});
        all.addAll(page.items());
        after = page.next();
      }
      if (asJson(all)) return 0;
      var terminal = terminal();
      for (var view : all) {
        var rollout = view.rollout();
        terminal.line(
            "%-16s  baseline %-12s  %s"
                .formatted(
                    view.channel(),
                    view.baseline(),
                    rollout == null
                        ? "no rollout yet"
                        : rollout.version()
                            + " "
                            + new RolloutText(terminal).state(rollout.state())));
      }
      return 0;
    }
  }

  @Command(
      name = "show",
      header = "One channel: its rules, what it serves, and how far the last change has spread.",
      description = {"", "Example: ./slipway channel show beta --app com.example.app", ""},
      mixinStandardHelpOptions = true)
  static final class Show extends AboutOne {

    Show(Surroundings surroundings) {
      super(surroundings);
    }

    @java.lang.Override
    protected Integer run() {
      return say(rollout().get(path(), ChannelView.class));
    }
  }

  @Command(
      name = "set",
      header = "Changes which devices a channel serves.",
      description = {
        "",
        "What is not named stays as it is.",
        "",
        "Example:",
        "  ./slipway channel set beta --app com.example.app --emulators no \\",
        "      --barrier minor --reason 'API 5'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Set extends AboutOne {
    @Mixin final Reason reason = new Reason();

    @Mixin final Rules rules = new Rules();

    Set(Surroundings surroundings) {
      super(surroundings);
    }

    @java.lang.Override
    protected Integer run() {
      ChannelView known = rollout().get(path(), ChannelView.class);
      // Two people who change different rules must not undo each other unseen.
      return say(
          rollout()
              .put(
                  path() + query(reason),
                  rules.over(known.rules()),
                  known.epoch(),
                  ChannelView.class));
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
        "Example:",
        "  ./slipway channel delete beta --app com.example.app \\",
        "      --reason 'the beta is over'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Delete extends AboutOne {
    @Mixin final Reason reason = new Reason();

    Delete(Surroundings surroundings) {
      super(surroundings);
    }

    @java.lang.Override
    protected Integer run() {
      rollout().delete(path() + query(reason));
      if (!asJson(java.util.Map.of("deleted", name))) {
        terminal().line("The channel %s is no more".formatted(name));
      }
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
          "Example:",
          "  ./slipway channel override set 01234567-89ab-cdef-0123-456789abcdef \\",
          "      --to beta --app com.example.app --reason 'a tester'",
          ""
        },
        mixinStandardHelpOptions = true)
    static final class SetOne extends AboutDevice {
      @Option(names = "--to", paramLabel = "CHANNEL", required = true, description = "The channel.")
      ChannelName to = new ChannelName("production");

      @Mixin final Reason reason = new Reason();

      SetOne(Surroundings surroundings) {
        super(surroundings);
      }

      @java.lang.Override
      protected Integer run() {
        OverrideView view =
            rollout().put(path(), new OverrideOrder(to, reason.text), OverrideView.class);
        if (!asJson(view)) {
          terminal().line("%s is on %s".formatted(view.deviceId(), view.channel()));
        }
        return 0;
      }

      @java.lang.Override
      protected String about() {
        return "app %s with a channel %s".formatted(app(), to);
      }
    }

    @Command(
        name = "remove",
        header = "Lets a device have its own choice again.",
        description = {
          "",
          "Example:",
          "  ./slipway channel override remove 01234567-89ab-cdef-0123-456789abcdef \\",
          "      --app com.example.app --reason 'done testing'",
          ""
        },
        mixinStandardHelpOptions = true)
    static final class Remove extends AboutDevice {
      @Mixin final Reason reason = new Reason();

      Remove(Surroundings surroundings) {
        super(surroundings);
      }

      @java.lang.Override
      protected Integer run() {
        rollout().delete(path() + query(reason));
        if (!asJson(java.util.Map.of("removed", device))) {
          terminal().line("%s is on the channel of its own choice".formatted(device));
        }
        return 0;
      }

      @java.lang.Override
      protected String about() {
        return "app %s where device %s was put on a channel".formatted(app(), device);
      }
    }

    @Command(
        name = "list",
        header = "The devices that were put on a channel.",
        description = {"", "Example: ./slipway channel override list --app com.example.app", ""},
        mixinStandardHelpOptions = true)
    static final class ListAll extends AboutApp {
      @Option(
          names = "--limit",
          paramLabel = "N",
          defaultValue = "50",
          description = "How many, at most 500; default: ${DEFAULT-VALUE}.")
      int limit;

      @Option(names = "--after", paramLabel = "DEVICE_ID", description = "Those after this one.")
      @Nullable DeviceId after;

      ListAll(Surroundings surroundings) {
        super(surroundings);
      }

      @java.lang.Override
      protected Integer run() {
        Page<OverrideView> page =
            rollout()
                .get(
                    "%s/overrides?limit=%d%s"
                        .formatted(appPath(), limit, parameter("after", after)),
                    new TypeReference<Page<OverrideView>>() {});
        if (asJson(page)) return 0;
        var terminal = terminal();
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
