package dev.slipway.contracts.bundle;

import dev.slipway.bundle.AppId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What ingest refused to whom. Of what was sent nothing is kept.
 *
 * @param id rises with time
 * @param actor the access key, or {@code anonymous} for all requests without a valid one
 * @param actorName the key's name when it was refused
 * @param appId the app that the path named, where it named one
 * @param path as it was asked for; what is not printable is replaced by {@code ?}
 * @param slug why, for programs
 * @param times how many requests; more than one only for those without a key, told once a minute
 */
public record RefusalView(
    long id,
    Instant at,
    String actor,
    @Nullable String actorName,
    @Nullable AppId appId,
    String method,
    String path,
    int status,
    String slug,
    int times) {}
