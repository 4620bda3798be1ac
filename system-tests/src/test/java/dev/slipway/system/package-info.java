/// The suite as its users meet it: four processes on real Kafka, PostgreSQL and S3, driven by the
/// command line, the HTTP interfaces and devices.
package dev.slipway.system;
