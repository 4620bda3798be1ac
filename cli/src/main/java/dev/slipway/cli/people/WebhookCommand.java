package dev.slipway.cli.people;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.webhook.DeliveryView;
import dev.slipway.contracts.webhook.NewWebhook;
import dev.slipway.contracts.webhook.RotateSecret;
import dev.slipway.contracts.webhook.WebhookView;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Webhooks.
@Command(
    name = "webhook",
    header = "Posts events to your own systems, signed.",
    description = {
      "",
      "Messages follow Standard Webhooks (standardwebhooks.com): each is signed with a shared"
          + " secret (v1) and an Ed25519 key (v1a), and tried again for three days.",
      ""
    },
    subcommands = {
      WebhookCommand.Create.class,
      WebhookCommand.ListAll.class,
      WebhookCommand.Show.class,
      WebhookCommand.Test.class,
      WebhookCommand.Replay.class,
      WebhookCommand.Enable.class,
      WebhookCommand.Disable.class,
      WebhookCommand.Delete.class,
      WebhookCommand.Rotate.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class WebhookCommand {

  /// A command about one webhook.
  abstract static class AboutOne extends Asking {

    @Parameters(index = "0", paramLabel = "WEBHOOK", description = "Its id, such as wh_0123….")
    String id = "";

    AboutOne(Surroundings surroundings) {
      super(surroundings);
    }

    String path() {
      return "/v1/webhooks/" + encoded(id);
    }

    Integer say(Object answer, String sentence) {
      if (!asJson(answer)) terminal().line(terminal().green(sentence));
      return 0;
    }
  }

  private static void secret(Asking asking, WebhookView webhook) {
    var terminal = asking.terminal();
    terminal.line("  secret (v1)       " + webhook.secret());
    terminal.line("  public key (v1a)  " + webhook.publicKeys().getFirst());
    terminal.line();
    terminal.line("The secret is shown this once.");
  }

  private static String state(WebhookView webhook) {
    if (webhook.enabled()) return webhook.failingSince() == null ? "enabled" : "failing";
    var why = webhook.disabledBecause();
    return why == null ? "disabled" : "disabled: " + why;
  }

  @Command(
      name = "create",
      header = "Adds a webhook and shows its secret, once.",
      description = {
        "",
        "Addresses inside your own network are refused unless the service's setting"
            + " SLIPWAY_WEBHOOKS_ALLOW names them.",
        "",
        "Example:",
        "  ./slipway webhook create https://hooks.example.com/slipway --event rollout \\",
        "      --event verdict.unhealthy",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Create extends Asking {

    @Parameters(paramLabel = "URL", description = "Where events are posted to.")
    String url = "";

    @Option(names = "--app", paramLabel = "APP_ID", description = "Events about this app alone.")
    @Nullable AppId app;

    @Option(
        names = "--event",
        paramLabel = "EVENT",
        split = ",",
        description = "As in rollout.rolled-back, or rollout for a whole kind; default: all.")
    @Nullable List<String> events;

    @Option(names = "--description", paramLabel = "TEXT", description = "For people.")
    @Nullable String description;

    Create(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var webhook =
          rollout()
              .post(
                  "/v1/webhooks",
                  new NewWebhook(
                      url, app, events == null ? null : new LinkedHashSet<>(events), description),
                  WebhookView.class);
      if (asJson(webhook)) return 0;
      terminal().line(terminal().green("Webhook " + webhook.id()) + " posts to " + webhook.url());
      secret(this, webhook);
      return 0;
    }
  }

  @Command(name = "list", header = "The webhooks.", mixinStandardHelpOptions = true)
  static final class ListAll extends Asking {

    ListAll(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      Page<WebhookView> page =
          rollout().get("/v1/webhooks?limit=500", new TypeReference<Page<WebhookView>>() {});
      if (asJson(page)) return 0;
      if (page.items().isEmpty()) terminal().line("There is none: ./slipway webhook create URL");
      for (var webhook : page.items()) {
        terminal()
            .line(
                "%s  %-40s %-24s %s"
                    .formatted(
                        webhook.id(),
                        webhook.url(),
                        webhook.events().isEmpty()
                            ? "all events"
                            : String.join(", ", webhook.events()),
                        state(webhook)));
      }
      return 0;
    }
  }

  @Command(
      name = "show",
      header = "One webhook and its newest messages.",
      mixinStandardHelpOptions = true)
  static final class Show extends AboutOne {

    @Option(
        names = "--state",
        paramLabel = "STATE",
        description = "Messages in this state alone: pending, delivered, failed.")
    DeliveryView.@Nullable State state;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "20",
        description = "How many messages; default: ${DEFAULT-VALUE}.")
    int limit = 20;

    Show(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var webhook = rollout().get(path(), WebhookView.class);
      Page<DeliveryView> messages =
          rollout()
              .get(
                  path()
                      + "/deliveries?limit="
                      + limit
                      + parameter(
                          "state", state == null ? null : state.name().toLowerCase(Locale.ROOT)),
                  new TypeReference<Page<DeliveryView>>() {});
      if (asJson(Map.of("webhook", webhook, "deliveries", messages))) return 0;
      terminal().line(terminal().bold(webhook.id()) + "  " + webhook.url() + "  " + state(webhook));
      for (var key : webhook.publicKeys()) terminal().line("  public key (v1a)  " + key);
      for (var message : messages.items()) {
        var next = message.nextAttemptAt();
        var fault = message.fault();
        terminal()
            .line(
                "  %s  %s  %-26s %-9s attempts %d%s%s"
                    .formatted(
                        terminal().time(message.createdAt()),
                        message.messageId(),
                        message.type(),
                        message.state().name().toLowerCase(Locale.ROOT),
                        message.attempts(),
                        fault == null ? "" : "  " + fault,
                        next == null ? "" : ", next " + terminal().time(next)));
      }
      return 0;
    }
  }

  @Command(name = "test", header = "Posts a test message.", mixinStandardHelpOptions = true)
  static final class Test extends AboutOne {
    Test(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var message = rollout().post(path() + "/test", Map.of(), DeliveryView.class);
      return say(
          message, message.messageId() + " is on its way; see: ./slipway webhook show " + id);
    }
  }

  @Command(
      name = "replay",
      header = "Posts a message again, under its old id.",
      mixinStandardHelpOptions = true)
  static final class Replay extends AboutOne {

    @Parameters(index = "1", paramLabel = "MESSAGE", description = "Its id, such as msg_….")
    String message = "";

    Replay(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var again =
          rollout()
              .post(
                  path() + "/deliveries/" + encoded(message) + "/replay",
                  Map.of(),
                  DeliveryView.class);
      return say(again, again.messageId() + " is on its way again");
    }
  }

  @Command(name = "enable", header = "Posts messages from now on.", mixinStandardHelpOptions = true)
  static final class Enable extends AboutOne {
    Enable(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var webhook = rollout().post(path() + "/enable", Map.of(), WebhookView.class);
      return say(webhook, id + " is enabled");
    }
  }

  @Command(
      name = "disable",
      header = "Posts nothing more; what waits is given up.",
      mixinStandardHelpOptions = true)
  static final class Disable extends AboutOne {
    Disable(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var webhook = rollout().post(path() + "/disable", Map.of(), WebhookView.class);
      return say(webhook, id + " is disabled");
    }
  }

  @Command(
      name = "delete",
      header = "Removes a webhook with its messages.",
      mixinStandardHelpOptions = true)
  static final class Delete extends AboutOne {
    Delete(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      rollout().delete(path());
      return say(Map.of("deleted", id), id + " is gone");
    }
  }

  @Command(
      name = "rotate-secret",
      header = "Gives a webhook a new secret and key.",
      description = {
        "",
        "During the overlap messages carry the old and the new signatures: exchange the secret at"
            + " the receiver meanwhile.",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Rotate extends AboutOne {

    @Option(
        names = "--overlap",
        paramLabel = "TIME",
        defaultValue = "1d",
        description = "How long the old ones still sign, at most 30d; default: ${DEFAULT-VALUE}.")
    Duration overlap = Duration.ofDays(1);

    Rotate(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var webhook =
          rollout().post(path() + "/rotate-secret", new RotateSecret(overlap), WebhookView.class);
      if (asJson(webhook)) return 0;
      terminal().line(terminal().green("Webhook " + id + " has a new secret"));
      secret(this, webhook);
      return 0;
    }
  }
}
