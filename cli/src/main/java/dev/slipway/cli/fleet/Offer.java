package dev.slipway.cli.fleet;

import java.net.URI;

/// A version that a device was told to download.
///
/// @param sessionKey opens the zip, together with the app's public key; empty for a plain zip
/// @param checksum of the plain zip, wrapped
public record Offer(String version, URI url, String sessionKey, String checksum) {}
