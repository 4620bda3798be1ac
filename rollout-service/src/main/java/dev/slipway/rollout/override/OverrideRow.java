package dev.slipway.rollout.override;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.rollout.OverrideView;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A device that an operator put on a channel. One that was taken off it stays as a row, so that
/// its revision goes on rising.
@Entity
@Table(name = "device_override")
@IdClass(OverrideRow.Key.class)
@SuppressWarnings("NullAway.Init")
public class OverrideRow extends PanacheEntityBase {

  /// Which device of which app.
  public static class Key implements Serializable {
    private static final long serialVersionUID = 1L;

    public String appId;
    public String deviceId;

    public Key() {}

    Key(AppId app, DeviceId device) {
      this.appId = app.text();
      this.deviceId = device.text();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key that
          && appId.equals(that.appId)
          && deviceId.equals(that.deviceId);
    }

    @Override
    public int hashCode() {
      return Objects.hash(appId, deviceId);
    }
  }

  @Id
  @Column(name = "app_id")
  public String appId;

  @Id
  @Column(name = "device_id")
  public String deviceId;

  public String channel;
  public long revision;
  public String reason;

  @Column(name = "access_key")
  public String accessKey;

  @Column(name = "changed_at")
  public Instant changedAt;

  @Column(name = "removed_at")
  public @Nullable Instant removedAt;

  boolean isThere() {
    return removedAt == null;
  }

  OverrideView view() {
    return new OverrideView(
        AppId.of(appId),
        DeviceId.of(deviceId),
        ChannelName.of(channel),
        reason,
        accessKey,
        changedAt);
  }

  DeviceOverride state() {
    return new DeviceOverride(
        AppId.of(appId), DeviceId.of(deviceId), ChannelName.of(channel), revision, changedAt);
  }
}
