package dev.slipway.ingest;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;

/// The limits of uploads, and where they wait until they are verified.
@ConfigMapping(prefix = "slipway.ingest")
public interface IngestConfig {

  /// The longest blob that is taken.
  @WithDefault("256M")
  MemorySize maxBlobSize();

  /// How far a manifest's `created` may be ahead of this server's clock.
  @WithDefault("PT10M")
  Duration clockTolerance();

  Air air();

  Upkeep upkeep();

  Spool spool();

  Pace pace();

  /// Uploads on disk that are not verified yet.
  interface Spool {

    @WithDefault("${java.io.tmpdir}/slipway-ingest")
    Path directory();

    /// The most bytes that all unfinished uploads together may take.
    @WithDefault("2G")
    MemorySize quota();
  }

  /// The slowest upload that is waited for.
  interface Pace {

    @WithDefault("PT30S")
    Duration grace();

    /// Per second, on average, once the grace is over.
    @WithDefault("16K")
    MemorySize minimum();
  }

  /// What AIR packages may be.
  interface Air {

    /// Whether RSA signatures with SHA-1 are taken, which the packagers of old AIR make. For AIR
    /// packages alone.
    @WithDefault("true")
    boolean sha1();

    /// The most bytes that the files of a package may have together.
    @WithDefault("1G")
    MemorySize maxUnpacked();
  }

  /// What looks after the stored objects.
  interface Upkeep {

    /// How often it looks for something to do.
    @WithDefault("PT10M")
    Duration every();

    /// For how long a blob that no version refers to is kept after it was last wanted.
    @WithDefault("PT24H")
    Duration keepUnreferenced();

    /// For how long an object that the database does not know is kept: what a crash left.
    @WithDefault("PT48H")
    Duration keepUnknown();

    /// How often each object is read and held against its digest.
    @WithDefault("P7D")
    Duration checkEvery();

    /// How many bytes a second are read for that, at most.
    @WithDefault("8M")
    MemorySize checkPace();
  }
}
