package dev.slipway.cli.replay;

import dev.slipway.cli.replay.ReplayReport.Judged;
import dev.slipway.cli.replay.Track.Mark;
import dev.slipway.cli.replay.Track.Point;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Draws the evidence of a rollout over its attempts as SVG, on a logarithmic axis: a line for each
/// of the settings, dashed thresholds at 1/alpha of each and at 20, and marks where the judgement
/// changed. The same report gives the same bytes.
final class Chart {

  private static final int WIDTH = 960;
  private static final int HEIGHT = 560;
  private static final int LEFT = 80;
  private static final int RIGHT = 30;
  private static final int TOP = 96;
  private static final int BOTTOM = 64;
  private static final double WORRYING = 20;

  /// Evidence beyond is drawn at the edge: what counts is that it passed the thresholds.
  private static final int DECADES_ABOVE = 2;

  private static final int LOWEST_DECADE = -4;
  private static final List<String> COLOURS = List.of("#1f5fbf", "#c2570c");
  private static final int MOST_LABELS = 4;

  private final ReplayReport report;
  private final long attempts;
  private final int low;
  private final int high;
  private final StringBuilder svg = new StringBuilder();

  private Chart(ReplayReport report) {
    this.report = report;
    this.attempts =
        Math.max(
            1,
            report
                .judged()
                .flatMap(it -> it.points().stream())
                .mapToLong(Point::attempts)
                .max()
                .orElse(1));
    double limit = report.judged().mapToDouble(it -> 1 / it.policy().alpha()).max().orElse(1000);
    double least =
        report
            .judged()
            .flatMap(it -> it.points().stream())
            .mapToDouble(Point::evidence)
            .filter(evidence -> evidence > 0)
            .min()
            .orElse(1);
    this.high = (int) Math.ceil(Math.log10(limit)) + DECADES_ABOVE;
    this.low = (int) Math.clamp((long) Math.floor(Math.log10(least)), LOWEST_DECADE, -1);
  }

  /// A whole SVG document.
  static String svg(ReplayReport report) {
    return new Chart(report).draw();
  }

  private String draw() {
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" \
        font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#222">
        <rect width="%d" height="%d" fill="#fff"/>
        """
            .formatted(WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT));
    text(
        LEFT,
        30,
        "start",
        18,
        "#111",
        "%s/%s %s".formatted(report.appId(), report.channel(), report.version()));
    text(
        LEFT,
        50,
        "start",
        13,
        "#666",
        "Evidence that more devices fail than tolerated. Rollout %s, started %s"
            .formatted(report.rolloutId(), report.startedAt()));
    axes();
    var judged = report.judged().toList();
    threshold(WORRYING, "#8a8a8a", "20: no stage opens");
    for (int i = 0; i < judged.size(); i++) {
      double limit = 1 / judged.get(i).policy().alpha();
      boolean known = i > 0 && judged.getFirst().policy().alpha() == judged.get(i).policy().alpha();
      if (!known) {
        threshold(
            limit,
            COLOURS.get(i),
            "1/alpha = %s: unhealthy (%s)"
                .formatted(ReplayText.number(limit), judged.get(i).name()));
      }
    }
    for (int i = judged.size() - 1; i >= 0; i--) {
      // The recorded line on top: where both are the same, both are seen.
      line(judged.get(i), COLOURS.get(i), i == 0 ? "2" : "6");
    }
    for (int i = judged.size() - 1; i >= 0; i--) marks(judged.get(i), COLOURS.get(i), i == 0);
    for (int i = 0; i < judged.size(); i++) legend(judged.get(i), COLOURS.get(i), i);
    return svg.append("</svg>\n").toString();
  }

  private void axes() {
    for (int decade = low; decade <= high; decade++) {
      double y = y(Math.pow(10, decade));
      line(LEFT, y, WIDTH - RIGHT, y, decade == 0 ? "#999" : "#e6e6e6", "");
      text(
          LEFT - 8,
          y + 4,
          "end",
          12,
          "#555",
          decade < 4 && decade > -4 ? plain(decade) : "1e" + decade);
    }
    long step = step();
    for (long n = 0; n <= attempts; n += step) {
      double x = x(n);
      line(x, y(Math.pow(10, low)), x, y(Math.pow(10, low)) + 5, "#999", "");
      text(x, HEIGHT - BOTTOM + 20, "middle", 12, "#555", String.format(Locale.ROOT, "%,d", n));
    }
    text(
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 16,
        "middle",
        13,
        "#333",
        "devices that tried to start the version");
    svg.append(
        "<text transform=\"translate(20 %d) rotate(-90)\" text-anchor=\"middle\" fill=\"#333\">e-value</text>\n"
            .formatted((TOP + HEIGHT - BOTTOM) / 2));
  }

  private static String plain(int decade) {
    return decade >= 0
        ? String.format(Locale.ROOT, "%,d", Math.round(Math.pow(10, decade)))
        : String.format(Locale.ROOT, "%." + -decade + "f", Math.pow(10, decade));
  }

  /// 1, 2 or 5 times a power of ten, so that there are at most ten steps.
  private long step() {
    for (long power = 1; ; power *= 10) {
      for (int times : new int[] {1, 2, 5}) {
        if (attempts / (power * times) <= 10) return power * times;
      }
    }
  }

  private void threshold(double value, String colour, String label) {
    double y = y(value);
    line(LEFT, y, WIDTH - RIGHT, y, colour, " stroke-dasharray=\"6 4\"");
    text(WIDTH - RIGHT - 4, y - 5, "end", 12, colour, label);
  }

  private void line(Judged judged, String colour, String width) {
    var path = new StringBuilder();
    double lastX = x(0);
    double lastY = y(1);
    path.append(place(lastX, lastY));
    for (var point : judged.points()) {
      double x = x(point.attempts());
      double y = y(point.evidence());
      // What cannot be told apart on paper needs no bytes.
      if (Math.abs(x - lastX) < 0.2 && Math.abs(y - lastY) < 0.2) continue;
      path.append(' ').append(place(x, y));
      lastX = x;
      lastY = y;
    }
    svg.append(
        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-linejoin=\"round\" points=\"%s\"/>\n"
            .formatted(colour, width, path));
  }

  private void marks(Judged judged, String colour, boolean above) {
    var shown = new ArrayList<Mark>();
    for (var mark : judged.marks()) {
      if (mark.health() == Health.INCONCLUSIVE && mark.action() == Action.NONE) continue;
      boolean again =
          shown.stream()
              .anyMatch(it -> it.health() == mark.health() && it.action() == mark.action());
      if (!again && shown.size() < MOST_LABELS) shown.add(mark);
    }
    for (int i = 0; i < shown.size(); i++) {
      var mark = shown.get(i);
      double x = x(mark.attempts());
      double y = y(mark.evidence());
      svg.append(
          "<circle cx=\"%s\" cy=\"%s\" r=\"5\" fill=\"#fff\" stroke=\"%s\" stroke-width=\"2\"/>\n"
              .formatted(number(x), number(y), colour));
      boolean toTheLeft = x > WIDTH * 0.6;
      text(
          toTheLeft ? x - 10 : x + 10,
          above ? y - 8 : y + 18,
          toTheLeft ? "end" : "start",
          12,
          colour,
          label(mark));
    }
  }

  private static String label(Mark mark) {
    String what =
        switch (mark.action()) {
          case ROLL_BACK -> "rolls back";
          case PAUSE -> ReplayText.word(mark.health()) + ", pauses";
          case NONE -> ReplayText.word(mark.health());
        };
    return what + " at " + String.format(Locale.ROOT, "%,d", mark.attempts());
  }

  private void legend(Judged judged, String colour, int place) {
    double x = LEFT + place * 400.0;
    line(x, 72, x + 26, 72, colour, " stroke-width=\"3\"");
    text(
        x + 34,
        76,
        "start",
        13,
        "#333",
        "%s: alpha %s, tolerated %s, beta %s"
            .formatted(
                judged.name(),
                ReplayText.percent(judged.policy().alpha()),
                ReplayText.percent(judged.policy().tolerated()),
                ReplayText.percent(judged.policy().beta())));
  }

  private void line(double x1, double y1, double x2, double y2, String colour, String more) {
    svg.append(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\"%s/>\n"
            .formatted(number(x1), number(y1), number(x2), number(y2), colour, more));
  }

  private void text(double x, double y, String anchor, int size, String colour, String text) {
    svg.append(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" font-size=\"%d\" fill=\"%s\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">%s</text>\n"
            .formatted(number(x), number(y), anchor, size, colour, escaped(text)));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private double x(long n) {
    return LEFT + (WIDTH - RIGHT - LEFT) * (n / (double) attempts);
  }

  private double y(double evidence) {
    double decade = evidence <= 0 ? low : Math.clamp(Math.log10(evidence), low, high);
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (decade - low) / (high - low);
  }

  private static String place(double x, double y) {
    return number(x) + "," + number(y);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
