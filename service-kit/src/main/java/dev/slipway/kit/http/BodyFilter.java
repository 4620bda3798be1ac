package dev.slipway.kit.http;

import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.HttpHeaders;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/// Refuses bodies that an endpoint won't take before a byte of them is read: too long by their own
/// account, or compressed, which would hide their length.
public class BodyFilter {

  /// Where [BodyLimit] finds the number.
  static final String LIMIT = "slipway.max-body";

  @Priority(Priorities.AUTHORIZATION)
  @ServerRequestFilter(nonBlocking = true)
  public void judge(ContainerRequestContext request, ResourceInfo endpoint) {
    var coding = request.getHeaderString(HttpHeaders.CONTENT_ENCODING);
    if (coding != null && !coding.equalsIgnoreCase("identity")) {
      throw Refusal.of(
          415, "unsupported-media-type", "Bodies are taken as they are, without content coding.");
    }
    var annotation = endpoint.getResourceMethod().getAnnotation(MaxBody.class);
    long limit = annotation == null ? MaxBody.DEFAULT : annotation.value();
    request.setProperty(LIMIT, limit);
    var length = request.getHeaderString(HttpHeaders.CONTENT_LENGTH);
    if (length != null && Long.parseLong(length) > limit) throw BodyLimit.tooLarge(limit);
  }
}
