package dev.slipway.ingest.air;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/// What a package says of itself in `META-INF/AIR/application.xml`.
///
/// @param numbered whether it has a `versionNumber`, as from AIR 2.5 on, or a `version`
/// @param label the version for people
/// @param description by language tag; the empty tag is the text for everybody
/// @param publisherId only in updates of applications that AIR before 1.5.3 had given an id
record AirDescriptor(
    String id,
    boolean numbered,
    String version,
    @Nullable String label,
    Map<String, String> description,
    @Nullable String publisherId) {

  static final int MAX_BYTES = 1 << 20;

  private static final String NAMESPACE = "http://ns.adobe.com/air/application/";
  private static final Pattern NAMESPACE_VERSION = Pattern.compile("([0-9]{1,3})\\.([0-9]{1,3}).*");
  private static final Pattern ID = Pattern.compile("[0-9A-Za-z.-]{1,212}");
  private static final Pattern LANGUAGE = Pattern.compile("[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*");
  private static final String XML = "http://www.w3.org/XML/1998/namespace";
  private static final int MAX_TEXT = 4096;
  private static final int MAX_LANGUAGES = 100;

  AirDescriptor {
    description = Map.copyOf(description);
  }

  /// @throws dev.slipway.kit.http.Refusal 422 `air-package-invalid`
  static AirDescriptor parse(byte[] xml) throws IOException {
    Element root =
        SafeXml.parse(xml, Mistake.DESCRIPTOR, "META-INF/AIR/application.xml").getDocumentElement();
    String namespace = String.valueOf(root.getNamespaceURI());
    if (!"application".equals(root.getLocalName()) || !namespace.startsWith(NAMESPACE)) {
      throw mistake("The root of application.xml is not an AIR application.");
    }
    var parsed = NAMESPACE_VERSION.matcher(namespace.substring(NAMESPACE.length()));
    if (!parsed.matches()) throw mistake("The namespace of application.xml has no version.");
    int major = Integer.parseInt(parsed.group(1));
    boolean numbered = major > 2 || (major == 2 && Integer.parseInt(parsed.group(2)) >= 5);
    String version = one(root, namespace, numbered ? "versionNumber" : "version");
    if (version == null) {
      throw mistake(
          "application.xml has no "
              + (numbered ? "versionNumber" : "version")
              + " of its namespace.");
    }
    String id = one(root, namespace, "id");
    if (id == null || !ID.matcher(id).matches()) {
      throw mistake("The id has 1 to 212 letters, digits, dots and hyphens.");
    }
    return new AirDescriptor(
        id,
        numbered,
        version,
        numbered ? one(root, namespace, "versionLabel") : null,
        description(root, namespace),
        one(root, namespace, "publisherID"));
  }

  /// The version of the update description's namespace that speaks of this package.
  String updateNamespace() {
    return numbered ? "2.5" : "1.0";
  }

  private static @Nullable String one(Element root, String namespace, String name) {
    List<Element> found = SafeXml.children(root, namespace, name);
    if (found.size() > 1) throw mistake("application.xml has more than one " + name + ".");
    if (found.isEmpty()) return null;
    if (!SafeXml.children(found.getFirst()).isEmpty()) throw mistake(name + " is a text.");
    String text = visible(found.getFirst().getTextContent().strip(), name);
    return text.isEmpty() ? null : text;
  }

  private static Map<String, String> description(Element root, String namespace) {
    List<Element> found = SafeXml.children(root, namespace, "description");
    if (found.size() > 1) throw mistake("application.xml has more than one description.");
    if (found.isEmpty()) return Map.of();
    Element description = found.getFirst();
    List<Element> texts = SafeXml.children(description);
    if (texts.isEmpty()) {
      String text = visible(description.getTextContent().strip(), "description");
      return text.isEmpty() ? Map.of() : Map.of("", text);
    }
    var byLanguage = new LinkedHashMap<String, String>();
    for (Element text : texts) {
      String language = text.getAttributeNS(XML, "lang");
      if (!SafeXml.is(text, namespace, "text")
          || !LANGUAGE.matcher(language).matches()
          || byLanguage.size() >= MAX_LANGUAGES) {
        throw mistake("A description has texts with xml:lang, and nothing else.");
      }
      byLanguage.put(
          language.toLowerCase(Locale.ROOT), visible(text.getTextContent().strip(), "description"));
    }
    return byLanguage;
  }

  private static String visible(String text, String name) {
    boolean shown =
        text.length() <= MAX_TEXT
            && text.codePoints()
                .allMatch(
                    character ->
                        character == '\n'
                            || character == '\t'
                            || (Character.getType(character) != Character.CONTROL
                                && Character.getType(character) != Character.FORMAT));
    if (!shown) throw mistake(name + " is too long or has characters that cannot be seen.");
    return text;
  }

  private static dev.slipway.kit.http.Refusal mistake(String detail) {
    return Mistake.DESCRIPTOR.refuse(detail);
  }
}
