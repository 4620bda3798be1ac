package dev.slipway.contracts.bundle;

/**
 * Pins a certificate: its bearer may sign for the app once the certificate that signs now hands
 * over to it, or may issue certificates for those who sign.
 *
 * @param certificate PEM, or DER in base64; at most 16 KiB
 * @param reason for whoever reads it later: 1 to 500 characters
 */
public record NewCertificate(String certificate, String reason) {}
