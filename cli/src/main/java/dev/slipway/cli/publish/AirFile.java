package dev.slipway.cli.publish;

import dev.slipway.bundle.AppId;
import dev.slipway.cli.CommandFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;

/// What an Adobe AIR package says of itself, for its address and for people. The service decides
/// whether it is one: order of entries, signature, continuity.
///
/// @param version `versionNumber`, or `version` before AIR 2.5
public record AirFile(Path file, AppId app, String version) {

  private static final String DESCRIPTOR = "META-INF/AIR/application.xml";
  private static final int MAX_DESCRIPTOR = 1 << 20;

  /// @throws CommandFailure if the file has no descriptor with an id and a version
  public static AirFile read(Path file) throws IOException {
    byte[] descriptor = descriptor(file);
    try {
      var factory = XMLInputFactory.newFactory();
      factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
      factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
      var xml = factory.createXMLStreamReader(new ByteArrayInputStream(descriptor));
      String id = null;
      String version = null;
      int depth = 0;
      while (xml.hasNext()) {
        switch (xml.next()) {
          case XMLStreamConstants.START_ELEMENT -> {
            String name = xml.getLocalName();
            if (depth == 1 && name.equals("id")) {
              id = xml.getElementText().strip();
            } else if (depth == 1 && isVersion(name)) {
              version = xml.getElementText().strip();
            } else {
              depth++;
            }
          }
          case XMLStreamConstants.END_ELEMENT -> depth--;
          default -> {}
        }
      }
      return new AirFile(file, appId(file, id), required(file, version, "version"));
    } catch (XMLStreamException e) {
      throw new CommandFailure("The descriptor in %s is not readable XML".formatted(file), e);
    }
  }

  private static boolean isVersion(String name) {
    return name.equals("versionNumber") || name.equals("version");
  }

  private static AppId appId(Path file, @Nullable String id) {
    String text = required(file, id, "id");
    try {
      return AppId.of(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          "The descriptor in %s has the id '%s', which no app here can have: %s"
              .formatted(file, text, e.getMessage()),
          e);
    }
  }

  private static String required(Path file, @Nullable String value, String what) {
    if (value != null && !value.isEmpty()) return value;
    throw new CommandFailure("The descriptor in %s names no %s".formatted(file, what));
  }

  private static byte[] descriptor(Path file) throws IOException {
    try (var zip = new ZipFile(file.toFile())) {
      var entry = zip.getEntry(DESCRIPTOR);
      if (entry == null) {
        throw new CommandFailure(
            "%s is no AIR package: it has no %s. An .airi file must be signed first, a native installer is none."
                .formatted(file, DESCRIPTOR));
      }
      try (var in = zip.getInputStream(entry)) {
        byte[] bytes = in.readNBytes(MAX_DESCRIPTOR + 1);
        if (bytes.length <= MAX_DESCRIPTOR) return bytes;
      }
      throw new CommandFailure("The descriptor in %s is too large".formatted(file));
    } catch (ZipException e) {
      throw new CommandFailure("%s is no AIR package: it is not a ZIP file".formatted(file), e);
    }
  }
}
