package dev.slipway.agent;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Continuity;
import dev.slipway.bundle.ContinuityRules;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ReleaseStatement;
import dev.slipway.bundle.VerifiedManifest;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.agent.AgentAnswer;
import dev.slipway.contracts.agent.AgentCheck;
import dev.slipway.contracts.device.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a device on what its channel means: asks delivery, believes only what a statement says that
 * the publisher's delegation covers, installs it, and, once it has started healthily, trusts its
 * signer. Whatever is refused leaves the device as it is. A device that missed a hand-over of
 * certificates is led over it in steps: {@link #follow} again after each {@link #confirm}.
 *
 * <p>One instance at a time, and one thread.
 */
public final class ReleaseFollower {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int MAX_ANSWER = 2 << 20;

  /**
   * What the device says of itself.
   *
   * @param channel the one that it follows: a statement for another one is refused
   */
  public record Device(
      DeviceId id, String channel, Platform platform, String nativeVersion, String osVersion) {}

  /** What came of a look. */
  public sealed interface Step permits Stay, Busy, Installed, ToBuiltin {}

  /** Nothing new. */
  public record Stay(Duration askAgain) implements Step {}

  /** Delivery wants to be left alone for so long; before that it is not asked again. */
  public record Busy(Duration askAgain) implements Step {}

  /**
   * A release is in place.
   *
   * @param steppingStone whether it only hands over to the certificate of what is meant
   */
  public record Installed(Version version, Path files, boolean steppingStone) implements Step {}

  /** Back to what came with the application. */
  public record ToBuiltin() implements Step {}

  private final URI delivery;
  private final AppId app;
  private final Device device;
  private final ReleaseInstaller installer;
  private final Path trustFile;
  private final HttpClient http;
  private final Clock clock;
  private final OfferRules rules;
  private Trust trust;
  private @Nullable Trust afterStart;
  private Instant askNext = Instant.MIN;

  /**
   * @param trustedLeaf SHA-256 of the certificate that came with the application; what {@code
   *     trustFile} says counts from the first run on
   */
  public ReleaseFollower(
      URI delivery,
      AppId app,
      Device device,
      Digest trustedLeaf,
      ReleaseInstaller installer,
      Path trustFile,
      HttpClient http,
      Clock clock)
      throws IOException {
    this.delivery = delivery;
    this.app = app;
    this.device = device;
    this.installer = installer;
    this.trustFile = trustFile;
    this.http = http;
    this.clock = clock;
    this.rules = new OfferRules(app, device.channel(), ContinuityRules.DEFAULT, Set.of());
    this.trust = Trust.read(trustFile).orElseGet(() -> Trust.beginningWith(trustedLeaf));
  }

  /** The certificate whose releases are installed. */
  public Digest trustedLeaf() {
    return trust.leaf();
  }

  /**
   * Asks once, and installs what is meant for the device. An offer that is not confirmed by then is
   * forgotten. A server that wants to be left alone, for the question or for a download, is so
   * until its time has come; what had arrived stays.
   *
   * @throws BundleException if anything that came is not to be believed, with the reason
   * @throws IOException if the network or the disk fails; try again later
   */
  public Step follow() throws IOException, InterruptedException {
    afterStart = null;
    Duration early = Duration.between(clock.instant(), askNext);
    if (early.compareTo(Duration.ZERO) > 0) return new Busy(early);
    try {
      return look();
    } catch (BusyException e) {
      return leftAlone(e.askAgain());
    }
  }

  private Busy leftAlone(Duration wait) {
    askNext = clock.instant().plus(wait);
    return new Busy(wait);
  }

  private Step look() throws IOException, InterruptedException {
    HttpResponse<InputStream> response = ask();
    Optional<Duration> wait = RetryAfter.of(response, clock.instant());
    if (wait.isPresent()) {
      response.body().close();
      return leftAlone(wait.get());
    }
    AgentAnswer answer = read(response);
    AgentAnswer.Offer offer = answer.offer();
    if (offer == null && !answer.builtin()) {
      // Remembered where it is good, so that no older one is believed later; not needed otherwise.
      if (answer.statement() != null) believe(answer);
      return new Stay(answer.pollAfter());
    }
    ReleaseStatement statement = believe(answer);
    if (offer == null) {
      OfferRules.requireWayBack(null, statement, trust.version());
      installer.leave();
      keep(trust.withoutRelease());
      return new ToBuiltin();
    }
    return new Installed(offer.version(), install(offer, statement), offer.steppingStone());
  }

  private ReleaseStatement believe(AgentAnswer answer) throws IOException {
    ReleaseStatement.Verified verified = rules.statement(answer, trust, clock.instant());
    keep(trust.seeing(verified));
    return verified.statement();
  }

  private Path install(AgentAnswer.Offer offer, ReleaseStatement statement)
      throws IOException, InterruptedException {
    Digest manifest = manifest(offer.manifestUrl());
    var release = rules.member(manifest, offer.version(), statement, trust);
    var judged = new Continuity.Accepted[1];
    VerifiedManifest verified =
        installer.fetchManifest(
            manifest,
            jws -> {
              judged[0] = rules.manifest(jws, release, statement, trust);
              return judged[0].manifest();
            });
    Path files = installer.install(verified);
    long epoch = verified.manifest().securityEpoch();
    afterStart =
        trust.ran().contains(manifest)
            // Known by its digest, whoever signed it: nobody new is trusted.
            ? trust.running(offer.version(), manifest, epoch, trust.leaf(), trust.key())
            : trust.running(
                offer.version(),
                manifest,
                epoch,
                judged[0].lineage().current(),
                judged[0].lineage().key().orElse(null));
    return files;
  }

  /** What was installed has started healthily: from now on its signer is trusted, and its epoch. */
  public void confirm() throws IOException {
    Trust confirmed = afterStart;
    if (confirmed == null) return;
    keep(confirmed);
    afterStart = null;
  }

  private void keep(Trust next) throws IOException {
    if (next.equals(trust)) return;
    next.write(trustFile);
    trust = next;
  }

  private HttpResponse<InputStream> ask() throws IOException, InterruptedException {
    AgentCheck check =
        new AgentCheck(
            device.id(),
            device.channel(),
            device.platform(),
            device.nativeVersion(),
            device.osVersion(),
            trust.version(),
            trust.securityEpoch(),
            trust.seq(),
            trust.leaf(),
            List.of(),
            null);
    HttpRequest request =
        HttpRequest.newBuilder(delivery.resolve("/v1/apps/" + app + "/check"))
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(Json.LENIENT.writeValueAsBytes(check)))
            .build();
    return http.send(request, BodyHandlers.ofInputStream());
  }

  private AgentAnswer read(HttpResponse<InputStream> answer) throws IOException {
    byte[] body;
    try (InputStream in = answer.body()) {
      body = in.readNBytes(MAX_ANSWER + 1);
    }
    if (answer.statusCode() != 200 || body.length > MAX_ANSWER) {
      throw new IOException("status " + answer.statusCode() + " for a check of " + app);
    }
    return Json.LENIENT.readValue(body, AgentAnswer.class);
  }

  private static Digest manifest(URI address) {
    String path = address.getPath();
    try {
      return Digest.parse(path.substring(path.lastIndexOf('/') + 1));
    } catch (IllegalArgumentException e) {
      throw new BundleException(BundleException.Reason.MEMBER_VALUE, e)
          .with("pointer", "/offer/manifest_url");
    }
  }
}
