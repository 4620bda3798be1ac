package dev.slipway.kit.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.contracts.Json;
import jakarta.ws.rs.ext.ContextResolver;
import jakarta.ws.rs.ext.Provider;

/// Makes REST endpoints read and write JSON as the contracts say, and refuse what they don't know.
@Provider
public class StrictJson implements ContextResolver<ObjectMapper> {

  @Override
  public ObjectMapper getContext(Class<?> type) {
    return Json.STRICT;
  }
}
