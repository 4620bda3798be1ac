package dev.slipway.kit.access;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.kit.http.Refusal;
import jakarta.enterprise.context.RequestScoped;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Who sent the current request under `/v1`: the bearer of an access key. To be injected; an
/// endpoint asks it for what it needs before it does anything.
///
/// An owner may do everything. A releaser also does what a publisher, support and a viewer may;
/// certificate officers, support and auditors may look as viewers do.
@RequestScoped
public class Caller {

  private @Nullable AccessKey key;
  private @Nullable String origin;

  /// Whether somebody presented a valid key: nobody did outside a request, or without one.
  public boolean isKnown() {
    return key != null;
  }

  /// The network address that the request came from, where it is known.
  public @Nullable String origin() {
    return origin;
  }

  /// The apps that the key is limited to; empty: none, it opens all.
  public Set<AppId> apps() {
    return key().apps();
  }

  /// The id of the access key, for the audit.
  public String keyId() {
    return key().keyId();
  }

  /// Whose access key it is: the id of the first in its row of successors. Tells two people apart.
  public String holder() {
    return key().holder();
  }

  /// The name that the access key was given.
  public String name() {
    return key().name();
  }

  /// Whether this app exists for the caller.
  public boolean covers(AppId app) {
    return key().covers(app);
  }

  /// Whether the caller has this role, by itself or by a greater one.
  public boolean has(Role role) {
    return key().roles().stream().anyMatch(held -> includes(held, role));
  }

  private static boolean includes(Role held, Role asked) {
    return held == asked
        || switch (held) {
          case OWNER -> true;
          case RELEASER -> asked == Role.PUBLISHER || asked == Role.SUPPORT || asked == Role.VIEWER;
          case CERTIFICATE_OFFICER, SUPPORT, AUDITOR -> asked == Role.VIEWER;
          case PUBLISHER, VIEWER -> false;
        };
  }

  /// Refuses the request unless the caller has the role for this app. A foreign app is not found:
  /// its existence is nobody else's business.
  public void require(Role role, AppId app) {
    requireOneOf(Set.of(role), app);
  }

  /// Refuses the request unless the caller has one of the roles for this app.
  public void requireOneOf(Set<Role> roles, AppId app) {
    if (!covers(app)) throw Refusal.notFound();
    if (roles.stream().noneMatch(this::has)) throw insufficient(roles);
  }

  /// Refuses the request unless the caller has the role, for whichever apps.
  public void require(Role role) {
    if (!has(role)) throw insufficient(Set.of(role));
  }

  /// Refuses the request unless the caller has the role and no limit of apps: for what concerns the
  /// whole installation.
  public void requireEverywhere(Role role) {
    if (!key().apps().isEmpty()) throw insufficient(Set.of(role));
    require(role);
  }

  void is(AccessKey key, @Nullable String origin) {
    this.key = key;
    this.origin = origin;
  }

  private AccessKey key() {
    if (key == null) throw Refusal.authRequired();
    return key;
  }

  /// Refuses the request unless the caller and whoever asked for what is approved are two.
  ///
  /// @param holder of the access key that asked
  /// @throws Refusal 409 `same-person`
  public void requireOtherThan(String holder) {
    if (holder().equals(holder)) {
      throw Refusal.of(
          409,
          "same-person",
          "Whoever asked for it may not approve it, with none of their access keys: a second person"
              + " has to.",
          java.util.Map.of("holder", holder));
    }
  }

  private static Refusal insufficient(Set<Role> roles) {
    return Refusal.of(403, "insufficient-scope", "This access key may not do that.")
        .with("required", roles.stream().sorted().map(Caller::word).toList());
  }

  private static String word(Role role) {
    return role.name().toLowerCase(java.util.Locale.ROOT);
  }
}
