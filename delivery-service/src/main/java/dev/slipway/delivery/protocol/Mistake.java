package dev.slipway.delivery.protocol;

import java.util.Locale;

/// What can be wrong with a device's request, in the words of the stock plugin's own server.
public enum Mistake {
  INVALID_JSON_PARSE_BODY(400, "The body is not JSON"),
  INVALID_JSON_BODY(400, "The body is not what the endpoint takes"),
  INVALID_QUERY_PARAMETERS(400, "The parameters are not what the endpoint takes"),
  MISSING_DEVICE_ID(400, "device_id is missing"),
  MISSING_APP_ID(400, "app_id is missing"),
  INVALID_APP_ID(400, "app_id is not an app id"),
  SEMVER_ERROR(400, "version_build is not a semantic version"),
  BODY_TOO_LARGE(413, "The body is larger than the endpoint takes"),
  TOO_MANY_ITEMS(413, "The batch has more entries than the endpoint takes"),
  MIXED_APP_IDS(200, "All entries of a batch are about one app"),
  APP_NOT_FOUND(200, "This server does not know the app"),
  MISSING_CHANNEL(200, "channel is missing"),
  CHANNEL_NOT_FOUND(200, "There is no such channel for this device"),
  CHANNEL_SELF_SET_NOT_ALLOWED(200, "Devices may not put themselves on this channel"),
  PUBLIC_CHANNEL_SELF_SET_NOT_ALLOWED(200, "Devices may not put themselves on this channel"),
  OVERRIDE_NOT_ALLOWED(200, "An operator has put the device on a channel"),
  CANNOT_OVERRIDE(200, "This server keeps no channel for the device"),
  UNSUPPORTED_ENCODING(415, "The body may not be compressed"),
  TOO_SLOW(408, "The body did not come in time"),
  TOO_MANY_REQUESTS(429, "Too many requests; come back later"),
  NOT_STORED(503, "The choice cannot be kept right now; try again in some seconds"),
  NOT_READY(503, "The server is still reading what it has to know; try again in some seconds"),
  UNKNOWN_ERROR(500, "Something went wrong on the server");

  private final int status;
  private final String message;
  private final String error;

  Mistake(int status, String message) {
    this.status = status;
    this.message = message;
    this.error = name().toLowerCase(Locale.ROOT);
  }

  public int status() {
    return status;
  }

  public String message() {
    return message;
  }

  /// The stable word.
  public String error() {
    return error;
  }
}
