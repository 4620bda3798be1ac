/// The local default: real Kafka, PostgreSQL and an S3 server without containers, and Slipway's
/// services on top of them, all as processes that outlive the one that started them.
@NullMarked
package dev.slipway.stack;

import org.jspecify.annotations.NullMarked;
