package dev.slipway.delivery.protocol;

/// What came of reading a request.
public sealed interface Read<T> {

  record Valid<T>(T request) implements Read<T> {}

  record Invalid<T>(Mistake mistake) implements Read<T> {}
}
