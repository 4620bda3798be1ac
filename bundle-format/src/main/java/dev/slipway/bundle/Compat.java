package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;

import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a bundle can run.
 *
 * @param platforms the platforms, such as {@code android}; never empty, none twice
 * @param nativeMin the lowest native version that can run it, or null where any can
 */
public record Compat(List<String> platforms, @Nullable String nativeMin) {

  private static final Pattern PLATFORM = Pattern.compile("[a-z][a-z0-9-]{0,31}");
  private static final int MAX_PLATFORMS = 16;

  /** Refuses an empty or repeated platform and a native version that is not a version. */
  public Compat {
    platforms = List.copyOf(platforms);
    boolean named = platforms.stream().allMatch(platform -> PLATFORM.matcher(platform).matches());
    if (platforms.isEmpty()
        || platforms.size() > MAX_PLATFORMS
        || !named
        || new HashSet<>(platforms).size() != platforms.size()) {
      throw new BundleException(MEMBER_VALUE).with("pointer", "/compat/platforms");
    }
    if (nativeMin != null) {
      Manifest.requireVersion(nativeMin, "/compat/native_min");
    }
  }
}
