package dev.slipway.cli.term;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.slipway.contracts.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Where a command writes to: answers to the standard output, progress and complaints to the
/// standard error. Colours and lines that change in place only where a person looks on; never where
/// the output goes into a file or `NO_COLOR` is set.
public final class Terminal {

  /// Files as people type them, not as addresses.
  private static final ObjectWriter JSON =
      Json.LENIENT
          .copy()
          .registerModule(new SimpleModule().addSerializer(Path.class, ToStringSerializer.instance))
          .writerWithDefaultPrettyPrinter();

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean live;
  private final boolean colours;
  private final ZoneId zone;

  /// @param live whether lines may change in place
  public Terminal(PrintWriter out, PrintWriter err, boolean live, boolean colours, ZoneId zone) {
    this.out = out;
    this.err = err;
    this.live = live;
    this.colours = colours;
    this.zone = zone;
  }

  /// The terminal that this process was started from.
  public static Terminal ofProcess() {
    // The launcher says what the JVM cannot see: whether each stream by itself is a terminal.
    boolean outIsTerminal = Boolean.getBoolean("slipway.tty.out");
    boolean errIsTerminal = Boolean.getBoolean("slipway.tty.err");
    boolean plain =
        System.getenv("NO_COLOR") != null && !System.getenv("NO_COLOR").isEmpty()
            || "dumb".equals(System.getenv("TERM"));
    return new Terminal(
        new PrintWriter(System.out, true),
        new PrintWriter(System.err, true),
        errIsTerminal && !"dumb".equals(System.getenv("TERM")),
        outIsTerminal && errIsTerminal && !plain,
        ZoneId.systemDefault());
  }

  public PrintWriter out() {
    return out;
  }

  public PrintWriter err() {
    return err;
  }

  public boolean hasColours() {
    return colours;
  }

  public boolean isLive() {
    return live;
  }

  public void line(String text) {
    out.println(text);
    out.flush();
  }

  public void line() {
    line("");
  }

  /// Said beside the answer: what is being done.
  public void note(String text) {
    err.println(text);
    err.flush();
  }

  public void json(Object value) {
    try {
      line(JSON.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + value.getClass(), e);
    }
  }

  /// A moment in the zone of whoever reads it.
  public String time(Instant instant) {
    return TIME.format(instant.atZone(zone));
  }

  /// The same without the day.
  public String clock(Instant instant) {
    return CLOCK.format(instant.atZone(zone));
  }

  public String bold(String text) {
    return colour("1", text);
  }

  public String faint(String text) {
    return colour("2", text);
  }

  public String red(String text) {
    return colour("31", text);
  }

  public String green(String text) {
    return colour("32", text);
  }

  public String yellow(String text) {
    return colour("33", text);
  }

  private String colour(String code, String text) {
    return colours ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
