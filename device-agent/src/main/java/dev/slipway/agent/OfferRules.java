package dev.slipway.agent;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_REVOKED;
import static dev.slipway.bundle.BundleException.Reason.DELEGATION_UNTRUSTED;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_MISSING;
import static dev.slipway.bundle.BundleException.Reason.NOT_NEWER;
import static dev.slipway.bundle.BundleException.Reason.ROLLBACK_BELOW_FLOOR;
import static dev.slipway.bundle.BundleException.Reason.VERSION_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.WRONG_STATEMENT;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.CheckedManifest;
import dev.slipway.bundle.Continuity;
import dev.slipway.bundle.ContinuityRules;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Lineage;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.ReleaseStatement;
import dev.slipway.bundle.ReleaseStatement.Release;
import dev.slipway.bundle.ReleaseStatement.Verified;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.agent.AgentAnswer;
import dev.slipway.decisions.VersionOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a device believes what it is offered, in the order of the design: delegation, statement,
 * membership, signature and succession, version, security epoch. Each refusal is a {@link
 * BundleException} with its reason. Pure.
 *
 * @param pinned authorities that vouch for the app's certificates; empty where they are self-signed
 */
record OfferRules(
    AppId app, String channel, ContinuityRules continuity, Collection<Digest> pinned) {

  private static final int MAX_DELEGATIONS = 16;

  /**
   * The statement, if it is for this channel, fresh, not older than one that was seen, and by
   * somebody whom the trusted certificate named.
   *
   * @param now by the device's clock
   */
  Verified statement(AgentAnswer answer, Trust trust, Instant now) {
    String jws = answer.statement();
    if (jws == null) throw new BundleException(MEMBER_MISSING).with("pointer", "/statement");
    Instant time = now.isAfter(trust.latest()) ? now : trust.latest();
    Verified verified =
        ReleaseStatement.verify(
            jws, delegations(answer.delegations(), trust, time), app, channel, time);
    trust.seen().ifPresent(verified::requireFollows);
    if (verified.statement().revoked().contains(trust.leaf())) {
      throw new BundleException(CERTIFICATE_REVOKED).with("certificate", trust.leaf());
    }
    return verified;
  }

  /** Those that the trusted certificate signed. One by a successor says nothing to this device. */
  private List<Delegation> delegations(List<String> all, Trust trust, Instant time) {
    List<Delegation> believed = new ArrayList<>();
    BundleException first = null;
    for (String jws : all.subList(0, Math.min(all.size(), MAX_DELEGATIONS))) {
      try {
        believed.add(Delegation.verify(jws, app, lineage(trust), continuity, pins(trust), time));
      } catch (BundleException e) {
        if (first == null) first = e;
      }
    }
    if (believed.isEmpty()) {
      throw first == null ? new BundleException(DELEGATION_UNTRUSTED) : first;
    }
    return believed;
  }

  /** What the statement says of the offered manifest. */
  Release member(Digest manifest, Version version, ReleaseStatement statement, Trust trust) {
    Release release =
        statement
            .release(manifest)
            .orElseThrow(() -> new BundleException(WRONG_STATEMENT).with("manifest", manifest));
    if (!release.version().equals(version.text())) {
      throw new BundleException(VERSION_MISMATCH).with("offered", version);
    }
    requireWayBack(release.version(), statement, trust.version());
    return release;
  }

  /** A lower version only from one whose devices may go back. */
  static void requireWayBack(
      @Nullable String target, ReleaseStatement statement, @Nullable Version running) {
    if (running == null || statement.rollbackFrom().contains(running.text())) return;
    boolean lower =
        target == null
            || VersionOrder.isVersion(target)
                && VersionOrder.isVersion(running.text())
                && VersionOrder.compare(target, running.text()) < 0;
    if (lower) {
      throw new BundleException(NOT_NEWER)
          .with("offered", target == null ? Version.BUILTIN : target)
          .with("running", running);
    }
  }

  /** The manifest, if its signer is trusted or was handed over to, and it is no step below. */
  Continuity.Accepted manifest(
      byte[] jws, Release release, ReleaseStatement statement, Trust trust) {
    Instant accepted = release.acceptedAt();
    boolean ran = trust.ran().contains(release.manifest());
    CheckedManifest checked = ManifestVerifier.check(jws, pins(trust), accepted);
    // What ran here before was judged then: a rollback leads over a hand-over too.
    Lineage lineage =
        ran ? Lineage.trusting(checked.publisher().leaf().fingerprint()) : lineage(trust);
    Continuity judged =
        Continuity.judge(
            checked, lineage.revoking(Set.copyOf(statement.revoked())), continuity, accepted);
    if (judged instanceof Continuity.Refused refused) throw refused.exception();
    Continuity.Accepted verdict = (Continuity.Accepted) judged;
    var manifest = verdict.manifest().manifest();
    if (!manifest.version().equals(release.version())) {
      throw new BundleException(VERSION_MISMATCH).with("manifest", manifest.version());
    }
    long floor = Math.max(trust.securityEpoch(), statement.securityFloor());
    if (manifest.securityEpoch() < floor) {
      throw new BundleException(ROLLBACK_BELOW_FLOOR)
          .with("security_epoch", manifest.securityEpoch())
          .with("floor", floor);
    }
    return verdict;
  }

  private static Lineage lineage(Trust trust) {
    return Lineage.trusting(trust.leaf()).withKey(trust.key());
  }

  private Set<Digest> pins(Trust trust) {
    Set<Digest> all = new HashSet<>(pinned);
    all.add(trust.leaf());
    return all;
  }
}
