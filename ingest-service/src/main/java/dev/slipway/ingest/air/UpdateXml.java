package dev.slipway.ingest.air;

import dev.slipway.contracts.bundle.BundleState;
import java.io.StringWriter;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/// The update descriptor of one AIR release, as the update framework of the installed application
/// reads it: in the namespace that the package's own descriptor has.
public final class UpdateXml {

  private static final String NAMESPACE = "http://ns.adobe.com/air/framework/update/description/";
  private static final String XML = "http://www.w3.org/XML/1998/namespace";

  private UpdateXml() {}

  /// @param publicUrl where devices reach the delivery service
  public static String of(BundleState bundle, String publicUrl) {
    var air = bundle.air();
    if (air == null) throw new IllegalArgumentException("not an AIR release: " + bundle.key());
    boolean numbered = air.namespace().equals("2.5");
    var text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.setDefaultNamespace(NAMESPACE + air.namespace());
      xml.writeStartElement("update");
      xml.writeDefaultNamespace(NAMESPACE + air.namespace());
      element(xml, numbered ? "versionNumber" : "version", bundle.version().text());
      if (numbered && air.label() != null) element(xml, "versionLabel", air.label());
      element(xml, "url", address(air, bundle, publicUrl));
      description(xml, air.description());
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("text can be written as XML", e);
    }
    return text.toString();
  }

  /// The package's own address never changes either.
  private static String address(BundleState.Air air, BundleState bundle, String publicUrl) {
    String base =
        publicUrl.endsWith("/") ? publicUrl.substring(0, publicUrl.length() - 1) : publicUrl;
    return base + "/v1/apps/" + bundle.appId() + "/blobs/" + air.id();
  }

  private static void description(XMLStreamWriter xml, Map<String, String> texts)
      throws XMLStreamException {
    if (texts.isEmpty()) return;
    String forAll = texts.get("");
    xml.writeStartElement("description");
    if (forAll != null) {
      xml.writeCharacters(forAll);
    } else {
      for (var text : new TreeMap<>(texts).entrySet()) {
        xml.writeStartElement("text");
        xml.writeAttribute("xml", XML, "lang", text.getKey());
        xml.writeCharacters(text.getValue());
        xml.writeEndElement();
      }
    }
    xml.writeEndElement();
  }

  private static void element(XMLStreamWriter xml, String name, String text)
      throws XMLStreamException {
    xml.writeStartElement(name);
    xml.writeCharacters(text);
    xml.writeEndElement();
  }
}
