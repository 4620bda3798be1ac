package dev.slipway.contracts.release;

/**
 * Hands a publisher's delegation to the service.
 *
 * @param jws compact serialisation, as {@code slipway delegation create} makes it
 */
public record NewDelegation(String jws) {}
