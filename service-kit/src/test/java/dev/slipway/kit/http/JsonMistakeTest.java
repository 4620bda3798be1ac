package dev.slipway.kit.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.http.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonMistakeTest {

  record Part(int size, @Nullable AppId app) {}

  record Order(@Nullable String name, @Nullable List<Part> parts) {
    Order {
      if (name != null && name.isEmpty()) throw new IllegalArgumentException("a name has letters");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"name\": \"SECRET                                    | 400 | json-invalid          |",
        "{\"name\": 'SECRET'}                                   | 400 | json-invalid          |",
        "{} {\"SECRET\": 1}                                     | 400 | json-invalid          |",
        "{\"name\":\"a\",\"name\":\"SECRET\"}                   | 400 | json-duplicate-member |",
        "{\"name\":\"a\",\"parts\":[{\"size\":1,\"size\":2}]}   | 400 | json-duplicate-member |",
        "{\"name\":\"a\",\"owner\":\"SECRET\"}                  | 422 | unknown-member | /owner",
        "{\"parts\":[{\"size\":1},{\"size\":1,\"x\":\"SECRET\"}]}          | 422 | unknown-member | /parts/1/x",
        "{\"parts\":[{\"size\":\"SECRET\"}]}                    | 422 | value-invalid  | /parts/0/size",
        "{\"parts\":[{\"size\":1.5}]}                           | 422 | value-invalid  | /parts/0/size",
        "{\"parts\":[{\"size\":null}]}                          | 422 | value-invalid  | /parts/0/size",
        "{\"parts\":[{\"size\":1,\"app\":\"SECRET SECRET\"}]}   | 422 | value-invalid  | /parts/0/app",
        "{\"name\":\"\"}                                        | 422 | value-invalid  | ''",
        "[1]                                                    | 422 | value-invalid  | ''",
      })
  void aMistakeIsNamedAndNothingIsQuoted(String body, int status, String slug, String pointer) {
    // When
    var problem = mistake(body);
    // Then
    assertThat(problem.slug()).isEqualTo(slug);
    assertThat(problem.status()).isEqualTo(status);
    assertThat(problem.toString()).doesNotContain("SECRET");
    if (pointer != null) assertThat(problem.facts()).containsEntry("pointer", pointer);
  }

  @Test
  void aRuleThatAValueBreaksIsSaid() {
    assertThat(mistake("{\"name\":\"\"}").detail()).isEqualTo("a name has letters");
  }

  @Test
  void anEmptyBodyIsNoJson() {
    assertThat(mistake("").slug()).isEqualTo("json-invalid");
  }

  @Test
  void aNestedBodyIsRefusedEarly() {
    // When
    var problem = mistake("[".repeat(10_000), Object.class);
    // Then
    assertThat(problem.status()).isEqualTo(413);
  }

  @Test
  void aPointerEscapesAndIsCut() {
    // When
    var escaped = mistake("{\"a/b~c\":1}");
    var cut = mistake("{\"" + "x".repeat(5_000) + "\":1}");
    // Then
    assertThat(escaped.facts()).containsEntry("pointer", "/a~1b~0c");
    assertThat(cut.facts().get("pointer").toString()).hasSize(200);
  }

  private static Problem mistake(String body) {
    return mistake(body, Order.class);
  }

  private static Problem mistake(String body, Class<?> type) {
    return JsonMistake.problem(
        catchThrowableOfType(
            JsonProcessingException.class, () -> Json.STRICT.readValue(body, type)));
  }
}
