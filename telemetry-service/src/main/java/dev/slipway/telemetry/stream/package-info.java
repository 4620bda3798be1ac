/// The rules on Kafka Streams: topology, stores, processors.
@NullMarked
package dev.slipway.telemetry.stream;

import org.jspecify.annotations.NullMarked;
