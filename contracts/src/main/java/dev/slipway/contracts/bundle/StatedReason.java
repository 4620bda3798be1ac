package dev.slipway.contracts.bundle;

/**
 * Why something is to be done that nobody takes back.
 *
 * @param reason for whoever reads it later: 1 to 500 characters
 */
public record StatedReason(String reason) {}
