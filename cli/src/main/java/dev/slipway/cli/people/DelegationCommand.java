package dev.slipway.cli.people;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ReleasePublicKey;
import dev.slipway.bundle.Signer;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.release.DelegationView;
import dev.slipway.contracts.release.NewDelegation;
import dev.slipway.contracts.release.ReleaseKeyView;
import dev.slipway.contracts.release.StatementView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
      "The service signs what each channel offers with a release key. Agents believe it as long as a"
          + " delegation, signed by the publisher, names that key: at most a year. Devices with the"
          + " stock Capgo plugin need none.",
      "",
      "The publisher signs on the own machine; the signing key never leaves it.",
      ""
    },
    subcommands = {
      DelegationCommand.Create.class,
      DelegationCommand.Send.class,
      DelegationCommand.ListAll.class,
      DelegationCommand.Show.class,
      DelegationCommand.Revoke.class,
      DelegationCommand.ReleaseKeys.class,
      DelegationCommand.NewReleaseKey.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class DelegationCommand {

  /// A command about an app's delegations.
  abstract static class AboutDelegations extends AboutApp {

    AboutDelegations(Surroundings surroundings) {
      super(surroundings);
    }

    String path() {
      return appPath() + "/delegations";
    }

    String line(DelegationView delegation) {
      return "%s  %-8s  channels %s  until %s (%s)"
          .formatted(
              delegation.id(),
              word(delegation.state()),
              String.join(", ", delegation.channels()),
              terminal().time(delegation.expiresAt()),
              days(delegation.daysLeft()));
    }

    Integer handOver(String jws) {
      var view = rollout().post(path(), new NewDelegation(jws), DelegationView.class);
      if (asJson(view)) return 0;
      terminal().line(terminal().green("Agents of " + app() + " believe this service"));
      terminal().line("  " + line(view));
      return 0;
    }
  }

  private static String word(DelegationView.State state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String days(long days) {
    return days == 1 ? "1 day" : days + " days";
  }

  private static Page<ReleaseKeyView> releaseKeys(Asking asking) {
    return asking.rollout().get("/v1/release-keys", new TypeReference<Page<ReleaseKeyView>>() {});
  }

  @Command(
      name = "create",
      header = "Signs a delegation on this machine and hands it over.",
      description = {
        "",
        "All release keys that the service has now are named. Do it again before it ends, after the"
            + " service made a new release key, and after your certificate changed: the release that"
            + " hands over first, then the delegation by the new certificate.",
        "",
        "Where the signing key is kept on a machine without a network, name the release keys"
            + " (--release-key, as ./slipway delegation release-keys shows them) and write a file"
            + " (--out); hand it over elsewhere with ./slipway delegation upload.",
        "",
        "Example: ./slipway delegation create --app com.example.tides --for 365d",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Create extends AboutDelegations {

    @Option(
        names = "--channel",
        paramLabel = "CHANNEL",
        split = ",",
        description = "The channels it speaks about; all of them unless given.")
    @Nullable List<ChannelName> channels;

    @Option(
        names = "--for",
        paramLabel = "TIME",
        defaultValue = "365d",
        description = "How long it is in force, at most 365d; default: ${DEFAULT-VALUE}.")
    Duration life = Delegation.MAX_LIFE;

    @Option(
        names = "--release-key",
        split = ",",
        paramLabel = "KEY",
        description = "A release key to name, its public half; the service is asked unless given.")
    @Nullable List<String> named;

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description = "Write it here, and hand nothing over; must not exist yet.")
    @Nullable Path out;

    @Option(
        names = "--signer",
        paramLabel = "FOLDER",
        description =
            "Folder with publisher.key.pem and publisher.cert.pem; default: those among the keys."
                + " For a former certificate, which devices still trust.")
    @Nullable Path signer;

    /// Clocks of devices and services may be behind this machine's.
    private static final Duration LEEWAY = Duration.ofMinutes(5);

    @Mixin final Keys keys;

    Create(Surroundings surroundings) {
      super(surroundings);
      this.keys = new Keys(surroundings);
    }

    /// What was written.
    record Written(Path file, Digest id, AppId appId, Instant expiresAt) {}

    @Override
    protected Integer run() throws IOException {
      if (!life.isPositive() || life.compareTo(Delegation.MAX_LIFE) > 0) {
        throw new CommandFailure("--for is at most 365d");
      }
      var by = by();
      var delegation = delegation(by);
      String jws = delegation.sign(by);
      var file = out;
      if (file == null) return handOver(jws);
      try {
        Files.writeString(file, jws + "\n", StandardOpenOption.CREATE_NEW);
      } catch (FileAlreadyExistsException e) {
        throw new CommandFailure(file + " exists already");
      }
      var id = Digest.sha256(jws.getBytes(StandardCharsets.US_ASCII));
      if (asJson(new Written(file, id, app(), delegation.expiresAt()))) return 0;
      terminal().line(terminal().green("Signed as " + file));
      terminal().line("Next: ./slipway delegation upload --app " + app() + " " + file);
      return 0;
    }

    private Signer by() throws IOException {
      if (signer != null) return Keys.signer(signer);
      var ring = keys.read();
      if (!ring.appId().equals(app())) {
        throw new CommandFailure(
            "The keys in %s are those of %s, not of %s"
                .formatted(keys.place(), ring.appId(), app()));
      }
      return ring.signer();
    }

    private Delegation delegation(Signer by) {
      var from = surroundings.clock().instant().minus(LEEWAY).truncatedTo(ChronoUnit.SECONDS);
      if (from.isBefore(by.certificate().notBefore())) from = by.certificate().notBefore();
      return new Delegation(
          app(),
          channels == null
              ? List.of(Delegation.ALL_CHANNELS)
              : channels.stream().map(ChannelName::text).toList(),
          publicKeys().stream().map(ReleasePublicKey::new).toList(),
          from,
          from.plusSeconds(life.toSeconds()));
    }

    private List<String> publicKeys() {
      if (named != null) return named;
      return releaseKeys(this).items().stream().map(ReleaseKeyView::publicKey).toList();
    }
  }

  @Command(
      name = "upload",
      header = "Hands over a delegation that was signed elsewhere.",
      description = {
        "",
        "Doing it again changes nothing.",
        "",
        "Example: ./slipway delegation upload --app com.example.tides delegation.jws",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Send extends AboutDelegations {

    @Parameters(paramLabel = "FILE", description = "What create --out wrote.")
    Path file = Path.of("");

    Send(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    protected Integer run() throws IOException {
      if (!Files.isRegularFile(file)) throw new CommandFailure("There is no file " + file);
      if (Files.size(file) > Delegation.MAX_CHARACTERS + 2) {
        throw new CommandFailure(file + " is no delegation: it is too long");
      }
      String jws = Files.readString(file).strip();
      Delegation delegation;
      try {
        delegation = Delegation.readUnverified(jws);
      } catch (BundleException e) {
        throw new CommandFailure(
            file + " is no delegation; write one with: ./slipway delegation create --out");
      }
      if (!delegation.appId().equals(app())) {
        throw new CommandFailure(
            "%s is about %s, not about %s".formatted(file, delegation.appId(), app()));
      }
      return handOver(jws);
    }
  }

  @Command(
      name = "list",
      header = "An app's delegations, and how it stands with each channel's statement.",
      mixinStandardHelpOptions = true)
  static final class ListAll extends AboutDelegations {

    ListAll(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    protected Integer run() {
      Page<DelegationView> delegations =
          rollout().get(path(), new TypeReference<Page<DelegationView>>() {});
      Page<StatementView> statements =
          rollout().get(appPath() + "/statements", new TypeReference<Page<StatementView>>() {});
      if (asJson(Map.of("delegations", delegations.items(), "statements", statements.items()))) {
        return 0;
      }
      if (delegations.items().isEmpty()) {
        terminal()
            .line(
                "There is none: agents believe nobody. ./slipway delegation create --app " + app());
        return 0;
      }
      delegations.items().forEach(it -> terminal().line(line(it)));
      terminal().line();
      statements.items().forEach(it -> terminal().line(line(it)));
      return 0;
    }

    private String line(StatementView statement) {
      var until = statement.coveredUntil();
      var seq = statement.seq();
      return "%-16s  statement %s%s  %s"
          .formatted(
              statement.channel(),
              statement.state().name().toLowerCase(Locale.ROOT).replace('_', ' '),
              seq == null ? "" : " (" + seq + ")",
              until == null
                  ? terminal().red("no delegation by the certificate that signs now")
                  : "believed until " + terminal().time(until));
    }
  }

  @Command(name = "show", header = "One delegation.", mixinStandardHelpOptions = true)
  static final class Show extends AboutDelegations {

    @Parameters(paramLabel = "ID", description = "As list shows it.")
    String id = "";

    Show(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    protected String about() {
      return "delegation %s of app %s".formatted(id, app());
    }

    @Override
    protected Integer run() {
      var view = rollout().get(path() + "/" + encoded(id), DelegationView.class);
      if (asJson(view)) return 0;
      terminal().line(line(view));
      terminal().line("  certificate   " + view.signer());
      terminal().line("  since         " + terminal().time(view.issuedAt()));
      for (var key : view.keys()) terminal().line("  release key   " + key);
      var revoked = view.revokedAt();
      if (revoked != null) terminal().line("  taken back    " + terminal().time(revoked));
      return 0;
    }
  }

  @Command(
      name = "revoke",
      header = "Has the service sign nothing by a delegation any more.",
      description = {
        "",
        "Agents keep what they run, and install nothing that the service says by it. This does not"
            + " help against somebody who stole the release key and has the delegation: revoke the"
            + " certificate that signed it then.",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Revoke extends AboutDelegations {

    @Parameters(paramLabel = "ID", description = "As list shows it.")
    String id = "";

    @Option(
        names = "--reason",
        paramLabel = "TEXT",
        required = true,
        description = "Why; the audit keeps it.")
    String reason = "";

    Revoke(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    protected String about() {
      return "delegation %s of app %s".formatted(id, app());
    }

    @Override
    protected Integer run() {
      var view =
          rollout()
              .delete(
                  path() + "/" + encoded(id) + "?reason=" + encoded(reason), DelegationView.class);
      if (asJson(view)) return 0;
      terminal().line(terminal().green("Taken back"));
      terminal().line("  " + line(view));
      return 0;
    }
  }

  @Command(
      name = "release-keys",
      header = "The keys that the service signs with, the newest first.",
      mixinStandardHelpOptions = true)
  static final class ReleaseKeys extends Asking {

    ReleaseKeys(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var page = releaseKeys(this);
      if (asJson(page)) return 0;
      for (var key : page.items()) {
        terminal()
            .line(
                "%s  %-16s  named by %d  %s"
                    .formatted(key.publicKey(), key.name(), key.delegations(), key.id()));
      }
      return 0;
    }
  }

  @Command(
      name = "new-release-key",
      header = "Makes the service's next release key.",
      description = {
        "",
        "It signs for an app once a delegation names it: until then the one before it goes on. When"
            + " no delegation in force names a former key any more, its file can be deleted.",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class NewReleaseKey extends Asking {

    NewReleaseKey(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      var key = rollout().post("/v1/release-keys", Map.of(), ReleaseKeyView.class);
      if (asJson(key)) return 0;
      terminal().line(terminal().green("Made " + key.name()));
      terminal().line("  " + key.publicKey());
      terminal().line("Next, for each app: ./slipway delegation create --app APP_ID");
      return 0;
    }
  }
}
