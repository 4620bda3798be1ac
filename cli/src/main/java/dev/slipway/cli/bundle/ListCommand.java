package dev.slipway.cli.bundle;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.http.Api;
import dev.slipway.cli.term.Progress;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.http.Page;
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

@Command(
    name = "list",
    header = "The published versions of an app, the newest first.",
    description = {
      "",
      "Examples:",
      "  ./slipway bundle list --app com.example.app",
      "  ./slipway bundle list --app com.example.app --status withdrawn --limit 5",
      ""
    },
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {

  private static final int PAGE = 200;
  private static final TypeReference<Page<BundleState>> BUNDLES = new TypeReference<>() {};

  @Option(
      names = "--app",
      paramLabel = "APP_ID",
      required = true,
      description = "The app, such as com.example.app.")
  AppId app = new AppId("com.example.app");

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description = "Only these: ${COMPLETION-CANDIDATES}; default: all.")
  BundleState.@Nullable Status status;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "50",
      description = "At most so many; 0 for all; default: ${DEFAULT-VALUE}.")
  int limit;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Connection connection;
  private final Surroundings surroundings;

  ListCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  @Override
  public Integer call() {
    if (limit < 0) throw new CommandFailure.Misunderstood("--limit is 0 or more");
    List<BundleState> bundles = bundles(connection.ingest());
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(bundles);
      return 0;
    }
    if (bundles.isEmpty()) {
      terminal.line("No version of %s is %s".formatted(app, word(status)));
    }
    for (BundleState bundle : bundles) {
      String line =
          "%-20s %-10s %-16s %s  %s%s"
              .formatted(
                  bundle.version(),
                  bundle.status().name().toLowerCase(Locale.ROOT),
                  bundle.format().name().toLowerCase(Locale.ROOT),
                  terminal.time(bundle.acceptedAt()),
                  Progress.bytes(bundle.totalSize()),
                  bundle.degraded()
                      ? terminal.red("  degraded: publish the same again, it sends what is missing")
                      : "");
      terminal.line(bundle.status() == BundleState.Status.WITHDRAWN ? terminal.faint(line) : line);
    }
    return 0;
  }

  private static String word(BundleState.@Nullable Status status) {
    return status == null ? "published" : status.name().toLowerCase(Locale.ROOT);
  }

  private List<BundleState> bundles(Api ingest) {
    List<BundleState> all = new ArrayList<>();
    String after = null;
    do {
      int wanted = limit == 0 ? PAGE : Math.min(PAGE, limit - all.size());
      String path = "/v1/apps/%s/bundles?limit=%d".formatted(app, wanted);
      if (status != null) path += "&status=" + status.name().toLowerCase(Locale.ROOT);
      if (after != null) path += "&after=" + URLEncoder.encode(after, StandardCharsets.UTF_8);
      Page<BundleState> page = ingest.get(path, BUNDLES);
      all.addAll(page.items());
      after = page.next();
    } while (after != null && (limit == 0 || all.size() < limit));
    return all;
  }
}
