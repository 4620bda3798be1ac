package dev.slipway.delivery.air;

import dev.slipway.contracts.bundle.BundleState;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/// The update descriptor of Adobe AIR's update framework, which tells an application the newest
/// version and where it is.
public final class UpdateDescriptor {

  private static final String NAMESPACE = "http://ns.adobe.com/air/framework/update/description/";

  /// Which of the two descriptions an application reads.
  public enum Namespace {
    /// Before AIR 2.5: `version`, any text.
    V1_0("1.0"),
    /// From AIR 2.5 on: `versionNumber` and `versionLabel`.
    V2_5("2.5");

    private final String text;

    Namespace(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  private UpdateDescriptor() {}

  /// The descriptor of a version.
  ///
  /// @param air what its package says of itself
  /// @param url where the package is
  public static byte[] of(BundleState version, BundleState.Air air, Namespace namespace, URI url) {
    var text = new StringWriter();
    try {
      var xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("update");
      xml.writeDefaultNamespace(NAMESPACE + namespace.text());
      switch (namespace) {
        case V1_0 -> element(xml, "version", version.version().text());
        case V2_5 -> {
          element(xml, "versionNumber", version.version().text());
          if (air.label() != null) element(xml, "versionLabel", air.label());
        }
      }
      element(xml, "url", url.toString());
      description(xml, air);
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("a descriptor that cannot be written", e);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /// Plain where there is one text for everybody, else one per language: the framework accepts no
  /// mixture.
  private static void description(XMLStreamWriter xml, BundleState.Air air)
      throws XMLStreamException {
    var texts = new TreeMap<>(air.description());
    var everybody = texts.remove("");
    if (texts.isEmpty()) {
      if (everybody != null) element(xml, "description", everybody);
      return;
    }
    xml.writeStartElement("description");
    for (var text : texts.entrySet()) {
      xml.writeStartElement("text");
      xml.writeAttribute("xml", XMLConstants.XML_NS_URI, "lang", text.getKey());
      xml.writeCharacters(text.getValue());
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  private static void element(XMLStreamWriter xml, String name, String value)
      throws XMLStreamException {
    xml.writeStartElement(name);
    xml.writeCharacters(value);
    xml.writeEndElement();
  }
}
