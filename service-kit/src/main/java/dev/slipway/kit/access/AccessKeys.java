package dev.slipway.kit.access;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.kit.topic.StateView;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/// Tells who presents an access key, and makes new ones. Knows digests of secrets only.
public final class AccessKeys {

  /// How long a request waits for a key that may have been made a moment ago.
  private static final Duration WAIT = Duration.ofSeconds(2);

  private static final int SECRET_BYTES = 32;
  private static final String ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

  private final StateView<AccessKey> view;
  private final Clock clock;

  public AccessKeys(StateView<AccessKey> view, Clock clock) {
    this.view = view;
    this.clock = clock;
  }

  /// A new key: what services may know, and what only its bearer may.
  ///
  /// @param text to be shown once and stored nowhere
  public record Issued(AccessKey key, String text) {

    /// The same as the successor of a key: of the same holder.
    public Issued succeeding(AccessKey predecessor) {
      return new Issued(key.succeeding(predecessor), text);
    }

    @Override
    public String toString() {
      return "Issued[" + key.keyId() + "]";
    }
  }

  /// Makes a key of a holder of its own, with a secret of 256 random bits.
  ///
  /// @param environment a word that tells installations apart, such as `prod`: 1 to 16 of a-z, 0-9
  /// @param apps the apps it may touch; none: all of them
  public static Issued generate(
      String environment,
      String name,
      Set<Role> roles,
      Set<AppId> apps,
      Instant createdAt,
      Instant expiresAt,
      SecureRandom random) {
    if (!AccessToken.ENVIRONMENT.matcher(environment).matches()) {
      throw new IllegalArgumentException("an environment is 1 to 16 of a-z and 0-9");
    }
    var id = new StringBuilder();
    for (int i = 0; i < AccessToken.KEY_ID_CHARACTERS; i++) {
      id.append(ID_ALPHABET.charAt(random.nextInt(ID_ALPHABET.length())));
    }
    var secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    var token =
        new AccessToken(
            environment,
            id.toString(),
            Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    var key =
        new AccessKey(
            token.keyId(),
            1,
            name,
            token.keyId(),
            digest(token),
            roles,
            apps,
            createdAt,
            expiresAt);
    return new Issued(key, token.text());
  }

  /// The key that an `Authorization` header presents, or nothing: it is of another shape, unknown,
  /// revoked, expired, or its secret is wrong. Who presents a key that is not known yet waits until
  /// the view has read what was written before the request, at most 2 s, on no thread.
  public Uni<Optional<AccessKey>> authenticate(String authorization) {
    var token = AccessToken.inHeader(authorization);
    if (token.isEmpty()) return Uni.createFrom().item(Optional.empty());
    var presented = token.get();
    if (view.find(presented.keyId()).isPresent()) {
      return Uni.createFrom().item(opened(presented));
    }
    return view.caughtUpWithNow(WAIT).map(_ -> opened(presented));
  }

  private Optional<AccessKey> opened(AccessToken token) {
    return view.find(token.keyId())
        .filter(key -> MessageDigest.isEqual(key.secretDigest().bytes(), digest(token).bytes()))
        .filter(key -> clock.instant().isBefore(key.expiresAt()));
  }

  private static Digest digest(AccessToken token) {
    return Digest.sha256(token.secret().getBytes(StandardCharsets.US_ASCII));
  }
}
