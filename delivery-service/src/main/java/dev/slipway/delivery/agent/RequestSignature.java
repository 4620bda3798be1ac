package dev.slipway.delivery.agent;

import dev.slipway.bundle.AppId;
import dev.slipway.delivery.agent.Enrolments.Enrolled;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The signature of a request by an enrolled device: HTTP Message Signatures (RFC 9421) in one
/// fixed form, so that nothing is left to negotiate:
///
/// ```
/// Slipway-Enrolment: e1.…
/// Content-Digest: sha-256=:…:
/// Signature-Input: slipway=("@method" "@path" "content-digest" "slipway-enrolment");
///     created=1795348800;alg="ed25519"
/// Signature: slipway=:…:
/// ```
///
/// No general parser of structured fields is used, because only this form is accepted. Thread-safe.
public final class RequestSignature {

  /// How far the device's clock may be off.
  private static final Duration SKEW = Duration.ofMinutes(5);

  private static final String COMPONENTS =
      "(\"@method\" \"@path\" \"content-digest\" \"slipway-enrolment\")";
  private static final Pattern INPUT =
      Pattern.compile(
          "slipway=(" + Pattern.quote(COMPONENTS) + ";created=(\\d{1,12});alg=\"ed25519\")");
  private static final Pattern SIGNATURE = Pattern.compile("slipway=:([0-9A-Za-z+/=]{88}):");

  /// The four headers; absent ones are null.
  public record Headers(
      @Nullable String enrolment,
      @Nullable String digest,
      @Nullable String input,
      @Nullable String signature) {
    boolean isUnsigned() {
      return enrolment == null && input == null && signature == null;
    }
  }

  /// What became of a request's signature.
  sealed interface Outcome {
    /// None was tried.
    record Anonymous() implements Outcome {}

    record Signed(Enrolled device) implements Outcome {}

    /// One was tried and does not hold.
    record Broken(String why) implements Outcome {}
  }

  private final Enrolments enrolments;

  public RequestSignature(Enrolments enrolments) {
    this.enrolments = enrolments;
  }

  Outcome check(AppId app, String method, String path, Headers headers, byte[] body, Instant now) {
    if (headers.isUnsigned()) return new Outcome.Anonymous();
    var enrolment = headers.enrolment();
    var input = headers.input() == null ? null : INPUT.matcher(headers.input().strip());
    var signature =
        headers.signature() == null ? null : SIGNATURE.matcher(headers.signature().strip());
    var digest = headers.digest();
    if (enrolment == null || digest == null || input == null || signature == null) {
      return new Outcome.Broken(
          "a signed request has Slipway-Enrolment, Content-Digest, Signature-Input and Signature");
    }
    if (!input.matches() || !signature.matches()) {
      return new Outcome.Broken(
          "Signature-Input or Signature has another form than the one accepted");
    }
    Optional<Enrolled> device = enrolments.open(app, enrolment.strip());
    if (device.isEmpty()) return new Outcome.Broken("Slipway-Enrolment is not of this service");
    var created = Instant.ofEpochSecond(Long.parseLong(input.group(2)));
    if (Duration.between(created, now).abs().compareTo(SKEW) > 0) {
      return new Outcome.Broken("the signature was made more than five minutes ago, or ahead");
    }
    if (!digest.strip().equals(contentDigest(body))) {
      return new Outcome.Broken("Content-Digest is not the body's");
    }
    byte[] base =
        base(method, path, digest.strip(), enrolment.strip(), input.group(1))
            .getBytes(StandardCharsets.UTF_8);
    byte[] bytes = Base64.getDecoder().decode(signature.group(1));
    return Enrolments.verifies(device.get().key(), bytes, base)
        ? new Outcome.Signed(device.get())
        : new Outcome.Broken("the signature does not verify");
  }

  /// What is signed: the signature base of RFC 9421, section 2.5.
  ///
  /// @param parameters of the signature, as `Signature-Input` has them after the label
  public static String base(
      String method, String path, String digest, String enrolment, String parameters) {
    return "\"@method\": "
        + method
        + '\n'
        + "\"@path\": "
        + path
        + '\n'
        + "\"content-digest\": "
        + digest
        + '\n'
        + "\"slipway-enrolment\": "
        + enrolment
        + '\n'
        + "\"@signature-params\": "
        + parameters;
  }

  /// The parameters of a signature made at this time.
  public static String parameters(Instant created) {
    return COMPONENTS + ";created=" + created.getEpochSecond() + ";alg=\"ed25519\"";
  }

  /// The `Content-Digest` of a body (RFC 9530).
  public static String contentDigest(byte[] body) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(body);
      return "sha-256=:" + Base64.getEncoder().encodeToString(hash) + ":";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
