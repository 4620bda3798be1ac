package dev.slipway.cli.people;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.audit.AuditCheckpoint;
import dev.slipway.contracts.audit.AuditEntry;
import dev.slipway.contracts.http.Page;
import dev.slipway.decisions.audit.AuditChain;
import dev.slipway.decisions.audit.AuditChain.Position;
import dev.slipway.decisions.audit.AuditChain.Step;
import dev.slipway.decisions.audit.Checkpoint;
import dev.slipway.decisions.audit.SignedNote;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The audit.
@Command(
    name = "audit",
    header = "Who changed what, when and why.",
    subcommands = {
      AuditCommand.ListLines.class,
      AuditCommand.Verify.class,
      AuditCommand.Export.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class AuditCommand {

  private static final int PAGE = 1_000;

  private static Page<AuditEntry> page(Asking asking, long after) {
    return asking
        .rollout()
        .get(
            "/v1/audit?limit=" + PAGE + "&after=" + after,
            new TypeReference<Page<AuditEntry>>() {});
  }

  @Command(
      name = "list",
      header = "The newest lines, newest first.",
      description = {
        "",
        "Example:",
        "  ./slipway audit list --app com.example.tides --action rollout --limit 50",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class ListLines extends Asking {

    @Option(names = "--app", paramLabel = "APP_ID", description = "About this app alone.")
    @Nullable AppId app;

    @Option(
        names = "--actor",
        paramLabel = "ACTOR",
        description = "By this access key (its id), or clock, telemetry.")
    @Nullable String actor;

    @Option(
        names = "--action",
        paramLabel = "ACTION",
        description = "As in app.create; app stands for all of its kind.")
    @Nullable String action;

    @Option(names = "--refused", description = "Refused requests alone.")
    boolean refused;

    @Option(
        names = "--from",
        paramLabel = "INSTANT",
        description = "Not before this time, as in 2026-11-24T12:00:00Z.")
    @Nullable Instant from;

    @Option(names = "--until", paramLabel = "INSTANT", description = "Before this time.")
    @Nullable Instant until;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "30",
        description = "How many, at most 1000; default: ${DEFAULT-VALUE}.")
    int limit = 30;

    @Option(
        names = "--after",
        paramLabel = "ID",
        description = "Go on where an earlier list ended (next).")
    @Nullable String after;

    ListLines(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      Page<AuditEntry> page =
          rollout()
              .get(
                  "/v1/audit?order=newest&limit="
                      + limit
                      + parameter("app", app)
                      + parameter("actor", actor)
                      + parameter("action", action)
                      + parameter("refused", refused ? "true" : null)
                      + parameter("from", from)
                      + parameter("until", until)
                      + parameter("after", after),
                  new TypeReference<Page<AuditEntry>>() {});
      if (asJson(page)) return 0;
      if (page.items().isEmpty()) terminal().line("There are none");
      for (var line : page.items()) {
        var name = line.actorName();
        var reason = line.reason();
        var problem = line.problem();
        terminal()
            .line(
                "%7d  %s  %-24s %-28s %s%s%s"
                    .formatted(
                        line.seq(),
                        terminal().time(line.at()),
                        name == null ? line.actor() : line.actor() + " " + name,
                        line.action(),
                        line.subject(),
                        reason == null ? "" : "  '" + reason + "'",
                        problem == null ? "" : "  " + terminal().red(problem)));
      }
      return 0;
    }
  }

  @Command(
      name = "verify",
      header = "Checks every line of the audit against the one before it.",
      description = {
        "",
        "All lines are fetched and their hashes made anew here: the service is not asked for its"
            + " opinion. The newest checkpoint's signature is checked too; with --key by a key that"
            + " you kept, with --checkpoint against a note that you kept.",
        "",
        "Ends with 1 if a line was altered or removed.",
        "",
        "Example: ./slipway audit verify",
        "         ./slipway audit verify --file audit.jsonl",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Verify extends Asking {

    @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "An export instead of the service.")
    @Nullable Path file;

    @Option(
        names = "--key",
        paramLabel = "KEY",
        description = "The verifier key that is trusted: name+id+base64.")
    @Nullable String key;

    @Option(
        names = "--checkpoint",
        paramLabel = "FILE",
        description = "A file with a signed note from earlier.")
    @Nullable Path earlier;

    Verify(Surroundings surroundings) {
      super(surroundings);
    }

    private Position at = AuditChain.START;
    private final LinkedHashMap<Long, Position> wanted = new LinkedHashMap<>();

    @Override
    public Integer call() throws IOException {
      var newest = file == null ? checkpoint() : Optional.<AuditCheckpoint>empty();
      var trusted =
          key != null
              ? Optional.of(verifier(key))
              : newest.map(it -> SignedNote.Verifier.parse(it.key()));
      newest.ifPresent(it -> want(it.note(), trusted));
      if (earlier != null) {
        if (trusted.isEmpty()) throw new CommandFailure("Name the key of the checkpoint: --key");
        want(Files.readString(earlier), trusted);
      }
      var fault = file == null ? fromService() : fromFile(file);
      if (fault.isEmpty()) {
        fault =
            wanted.values().stream()
                .filter(checkpoint -> checkpoint.seq() > at.seq())
                .findFirst()
                .map(
                    checkpoint ->
                        new Step.Broken(
                            at.seq() + 1,
                            "a checkpoint covers " + checkpoint.seq() + " lines, there are fewer"));
      }
      var answer = new LinkedHashMap<String, Object>();
      answer.put("holds", fault.isEmpty());
      answer.put("entries", at.seq());
      answer.put("head", at.hash());
      answer.put("checkpoints", wanted.size());
      fault.ifPresent(
          it -> {
            answer.put("broken_at", it.seq());
            answer.put("fault", it.fault());
          });
      if (!asJson(answer)) {
        if (fault.isEmpty()) {
          terminal()
              .line(
                  terminal().green("The audit holds")
                      + ": %d lines, %d checkpoint%s"
                          .formatted(at.seq(), wanted.size(), wanted.size() == 1 ? "" : "s"));
          terminal().line("  head  " + at.hash());
          newest.ifPresent(it -> terminal().line("  key   " + it.key()));
        } else {
          terminal().line(terminal().red("The audit is broken") + ": " + fault.get().fault());
        }
      }
      return fault.isEmpty() ? 0 : 1;
    }

    private Optional<AuditCheckpoint> checkpoint() {
      return rollout().find("/v1/audit/checkpoint", AuditCheckpoint.class);
    }

    private static SignedNote.Verifier verifier(String text) {
      try {
        return SignedNote.Verifier.parse(text);
      } catch (IllegalArgumentException e) {
        throw new CommandFailure("--key: " + e.getMessage(), e);
      }
    }

    private void want(String note, Optional<SignedNote.Verifier> trusted) {
      var checkpoint =
          trusted
              .flatMap(verifier -> Checkpoint.open(note, verifier))
              .orElseThrow(
                  () ->
                      new CommandFailure("A checkpoint is not signed by the key that is trusted"));
      wanted.put(checkpoint.position().seq(), checkpoint.position());
    }

    private Optional<Step.Broken> fromService() {
      while (true) {
        var page = page(this, at.seq());
        for (var line : page.items()) {
          var fault = follow(line);
          if (fault.isPresent()) return fault;
        }
        if (page.next() == null) return Optional.empty();
      }
    }

    private Optional<Step.Broken> fromFile(Path path) throws IOException {
      try (BufferedReader lines = Files.newBufferedReader(path)) {
        for (var text = lines.readLine(); text != null; text = lines.readLine()) {
          if (text.isBlank()) continue;
          AuditEntry line;
          try {
            line = Json.LENIENT.readValue(text, AuditEntry.class);
          } catch (JsonProcessingException _) {
            return Optional.of(
                new Step.Broken(at.seq() + 1, "line " + (at.seq() + 1) + " cannot be read"));
          }
          var fault = follow(line);
          if (fault.isPresent()) return fault;
        }
      }
      return Optional.empty();
    }

    private Optional<Step.Broken> follow(AuditEntry line) {
      switch (AuditChain.follow(at, line)) {
        case Step.Broken broken -> {
          return Optional.of(broken);
        }
        case Step.Follows(var to) -> at = to;
      }
      var signed = wanted.get(at.seq());
      return signed == null || signed.equals(at)
          ? Optional.empty()
          : Optional.of(
              new Step.Broken(at.seq(), "the checkpoint of line " + at.seq() + " says otherwise"));
    }
  }

  @Command(
      name = "export",
      header = "Writes the lines as JSON, one a line, oldest first.",
      description = {
        "",
        "Into a file or the standard output; with --after only what came since.",
        "",
        "Example: ./slipway audit export --out audit.jsonl",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Export extends Asking {

    @Option(names = "--out", paramLabel = "FILE", description = "Default: standard output.")
    @Nullable Path out;

    @Option(
        names = "--after",
        paramLabel = "LINE",
        defaultValue = "0",
        description = "The last line that you have already; default: ${DEFAULT-VALUE}.")
    long after;

    Export(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() throws IOException {
      if (out == null) {
        write(terminal().out());
        return 0;
      }
      long lines;
      try (var writer = new PrintWriter(Files.newBufferedWriter(out))) {
        lines = write(writer);
        if (writer.checkError()) throw new CommandFailure("The file cannot be written: " + out);
      }
      if (!asJson(java.util.Map.of("lines", lines, "file", out.toString()))) {
        terminal().line(terminal().green("%d lines are in %s".formatted(lines, out)));
      }
      return 0;
    }

    private long write(PrintWriter writer) throws JsonProcessingException {
      long last = after;
      long lines = 0;
      while (true) {
        var page = page(this, last);
        for (var line : page.items()) {
          writer.println(Json.LENIENT.writeValueAsString(line));
          last = line.seq();
          lines++;
        }
        writer.flush();
        if (page.next() == null) return lines;
      }
    }
  }
}
