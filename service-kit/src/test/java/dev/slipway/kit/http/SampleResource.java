package dev.slipway.kit.http;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.Role;
import dev.slipway.kit.access.Caller;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;

@Path("/v1/apps/{app}")
@Produces(MediaType.APPLICATION_JSON)
public class SampleResource {

  public record Line(int amount) {}

  public record Order(String orderName, @Nullable List<Line> lines, @Nullable Duration hold) {}

  static final Semaphore BEGUN = new Semaphore(0);

  /// The status of answers that nobody gets.
  static final BlockingQueue<Integer> UNHEARD = new LinkedBlockingQueue<>();

  private final Caller caller;

  SampleResource(Caller caller) {
    this.caller = caller;
  }

  @GET
  public Uni<Map<String, Object>> get(
      @PathParam("app") AppId app, @QueryParam("limit") @DefaultValue("10") int limit) {
    caller.require(Role.VIEWER, app);
    return Uni.createFrom().item(Map.of("app", app, "caller", caller.keyId(), "limit", limit));
  }

  @POST
  @Path("orders")
  @Consumes(MediaType.APPLICATION_JSON)
  public Uni<Order> order(@PathParam("app") AppId app, Order order) {
    caller.require(Role.RELEASER, app);
    return Uni.createFrom().item(order);
  }

  @POST
  @Path("blocking-orders")
  @Consumes(MediaType.APPLICATION_JSON)
  @Blocking
  @MaxBody(1_000)
  public Order blockingOrder(@PathParam("app") AppId app, Order order) {
    caller.require(Role.RELEASER, app);
    return order;
  }

  @POST
  @Path("optional-order")
  @Consumes(MediaType.APPLICATION_JSON)
  public Uni<Map<String, Object>> optionalOrder(
      @PathParam("app") AppId app, @Nullable Order order) {
    caller.require(Role.RELEASER, app);
    return Uni.createFrom().item(Map.of("ordered", order != null));
  }

  @PUT
  @Path("blob")
  @Consumes(MediaType.APPLICATION_OCTET_STREAM)
  @Blocking
  @MaxBody(4 << 20)
  public Map<String, Object> blob(@PathParam("app") AppId app, InputStream body)
      throws IOException {
    caller.require(Role.PUBLISHER, app);
    long size = 0;
    for (var part = body.readNBytes(8_192); part.length > 0; part = body.readNBytes(8_192)) {
      size += part.length;
    }
    return Map.of("size", size);
  }

  /// Fails as reading does, or goes on after its sender is gone.
  @PUT
  @Path("unheard")
  @Consumes(MediaType.APPLICATION_OCTET_STREAM)
  @Blocking
  public String unheard(
      @PathParam("app") AppId app,
      @QueryParam("go-on") boolean goOn,
      @Context HttpServerResponse response,
      InputStream body)
      throws IOException {
    caller.require(Role.PUBLISHER, app);
    body.read();
    BEGUN.release();
    try {
      body.readAllBytes();
      return "complete";
    } catch (IOException e) {
      if (!goOn) throw e;
      while (!response.closed()) Thread.onSpinWait();
      return "incomplete";
    }
  }

  @ServerResponseFilter
  public void seeAnswers(ContainerRequestContext request, ContainerResponseContext response) {
    if (request.getUriInfo().getPath().endsWith("/unheard")) UNHEARD.add(response.getStatus());
  }

  @GET
  @Path("broken")
  public Uni<String> broken() {
    return Uni.createFrom().failure(new IllegalStateException("SECRET of the database"));
  }

  @GET
  @Path("refused")
  public Uni<String> refused() {
    return Uni.createFrom()
        .failure(Refusal.of(409, "not-running", "It has ended.").with("state", "completed"));
  }
}
