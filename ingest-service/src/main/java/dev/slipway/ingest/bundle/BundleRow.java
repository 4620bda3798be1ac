package dev.slipway.ingest.bundle;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.BundleAnswer;
import dev.slipway.contracts.bundle.BundleState;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// An accepted version. What the topic says of it is kept as it is; the columns are for finding it.
@Entity
@Table(name = "bundle")
public class BundleRow {

  /// Rises in the order in which an app's versions were accepted.
  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  @Nullable Long position;

  @Column(name = "app_id", nullable = false)
  String appId;

  @Column(nullable = false)
  String version;

  @Column(nullable = false)
  String manifest;

  @Column(nullable = false)
  String state;

  @Column(nullable = false)
  String status;

  @Column(nullable = false)
  String format;

  @Column(name = "publisher_leaf")
  @Nullable String publisherLeaf;

  @Column(name = "security_epoch", nullable = false)
  long securityEpoch;

  @Column(name = "withdrawn_at")
  @Nullable Instant withdrawnAt;

  @Column(name = "withdrawn_by")
  @Nullable String withdrawnBy;

  @Column(name = "withdrawal_reason")
  @Nullable String withdrawalReason;

  /// For Hibernate alone, which sets the fields afterwards.
  @SuppressWarnings("NullAway.Init")
  protected BundleRow() {}

  BundleRow(BundleState bundle) {
    appId = bundle.appId().text();
    version = bundle.version().text();
    manifest = bundle.manifest().text();
    format = word(bundle.format());
    Digest leaf = bundle.publisherLeaf();
    publisherLeaf = leaf == null ? null : leaf.text();
    securityEpoch = bundle.securityEpoch();
    status = word(bundle.status());
    state = json(bundle);
  }

  /// What is said of the version from now on.
  void become(BundleState bundle) {
    status = word(bundle.status());
    state = json(bundle);
  }

  void withdraw(BundleAnswer.Withdrawal withdrawal) {
    withdrawnAt = withdrawal.at();
    withdrawnBy = withdrawal.by();
    withdrawalReason = withdrawal.reason();
  }

  /// The version as its publisher is told of it.
  BundleAnswer answer() {
    var withdrawal =
        withdrawnAt == null || withdrawnBy == null || withdrawalReason == null
            ? null
            : new BundleAnswer.Withdrawal(withdrawnBy, withdrawalReason, withdrawnAt);
    return new BundleAnswer(state(), withdrawal, List.of());
  }

  /// As the constant stands in JSON.
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  long position() {
    if (position == null) throw new IllegalStateException("not stored yet");
    return position;
  }

  public Digest manifest() {
    return Digest.parse(manifest);
  }

  public BundleState state() {
    try {
      return Json.LENIENT.readValue(state, BundleState.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the state of " + appId + " " + version + " is damaged", e);
    }
  }

  private static String json(BundleState bundle) {
    try {
      return Json.LENIENT.writeValueAsString(bundle);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a bundle's state can be written as JSON", e);
    }
  }
}
