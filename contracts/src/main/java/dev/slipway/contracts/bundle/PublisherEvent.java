package dev.slipway.contracts.bundle;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import java.time.Instant;

/**
 * What happened to the certificates of an app's publisher. Written by the ingest service on {@code
 * publisher-events}, key: the app's id, in the transaction that made it true. A repeat of the same
 * kind, leaf and day means nothing new.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = PublisherEvent.CertificatePinned.class, name = "certificate-pinned"),
  @JsonSubTypes.Type(value = PublisherEvent.LineageChanged.class, name = "lineage-changed"),
  @JsonSubTypes.Type(
      value = PublisherEvent.CertificateExpiring.class,
      name = "certificate-expiring"),
  @JsonSubTypes.Type(
      value = PublisherEvent.CertificateInGrace.class,
      name = "certificate-in-grace"),
  @JsonSubTypes.Type(value = PublisherEvent.CertificateRevoked.class, name = "certificate-revoked")
})
public sealed interface PublisherEvent {

  AppId appId();

  Instant at();

  /** A certificate may sign, or issue those who sign, from now on: {@code der} in base64. */
  record CertificatePinned(AppId appId, Digest certificate, String der, String reason, Instant at)
      implements PublisherEvent {}

  /**
   * A version handed over from one leaf to another. Devices that trust {@code from} must pass
   * through it.
   */
  record LineageChanged(
      AppId appId, Digest from, Digest to, Version version, Instant notAfter, Instant at)
      implements PublisherEvent {}

  /**
   * The leaf that signs now ends soon. Said once 90, 30 and 7 days before; {@code daysLeft} is less
   * if nobody was there to say it in time.
   */
  record CertificateExpiring(AppId appId, Digest leaf, Instant notAfter, int daysLeft, Instant at)
      implements PublisherEvent {}

  /**
   * The leaf that signed last has ended. Until {@code graceEndsAt} it may still hand over to a
   * successor, and do nothing else. Said when its grace begins, 180 days later, and 30 and 7 days
   * before the end; and when it hands over. {@code daysLeft} are those of the grace.
   */
  record CertificateInGrace(
      AppId appId, Digest leaf, Instant notAfter, Instant graceEndsAt, int daysLeft, Instant at)
      implements PublisherEvent {}

  /** Nothing that this leaf signed is accepted any more, nor any hand-over by it. */
  record CertificateRevoked(AppId appId, Digest leaf, String reason, Instant at)
      implements PublisherEvent {}
}
