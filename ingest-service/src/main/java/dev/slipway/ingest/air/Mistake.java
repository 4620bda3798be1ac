package dev.slipway.ingest.air;

import dev.slipway.kit.http.Refusal;

/// What is wrong with an AIR package, with the number that the update framework of AIR gives it.
enum Mistake {
  NOT_A_PACKAGE(16800),
  NO_DESCRIPTOR(16801),
  NO_MIMETYPE(16802),
  NOT_AIR(16803),
  FLAGS(16804),
  COMPRESSION(16805),
  FILE_NAME(16806),
  CORRUPT(16807),
  DESCRIPTOR(16824);

  private final int number;

  Mistake(int number) {
    this.number = number;
  }

  /// @param detail which rule, in a sentence
  Refusal refuse(String detail) {
    return Refusal.of(422, "air-package-invalid", detail).with("air_error", number);
  }
}
