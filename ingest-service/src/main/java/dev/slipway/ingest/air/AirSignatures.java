package dev.slipway.ingest.air;

import static dev.slipway.bundle.BundleException.Reason.ALG_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_INVALID;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_MISSING;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_SET;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.xml.crypto.MarshalException;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.XMLSignatureException;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/// The signatures of a package, as `META-INF/signatures.xml` carries them.
///
/// What may stand in the file is fixed before anything is computed: the elements, the algorithms,
/// and that references point to ids within it, each of which occurs once. Canonical form, and the
/// digests of what `SignedInfo` refers to, are the JDK's; its own limit of 30 references stands in
/// the way of packages with more files, so it is off and the rules here are on. The signature
/// itself is checked once more by BouncyCastle, its length first. Of the files that the package
/// refers to, [AirPackage] computes the digests.
///
/// @param publisher who signed the package
/// @param migration who handed over to the publisher, by a signature over the publisher's
/// @param files the SHA-256 of each file, by its address
record AirSignatures(
    AirSigner publisher, Optional<AirSigner> migration, Map<String, Digest> files) {

  static final int MAX_BYTES = 8 << 20;

  private static final String DSIG = "http://www.w3.org/2000/09/xmldsig#";
  private static final String XADES = "http://uri.etsi.org/01903/v1.1.1#";
  private static final String SHA1 = DSIG + "sha1";
  private static final String SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
  private static final String RSA_SHA1 = DSIG + "rsa-sha1";
  private static final String RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
  private static final Set<String> CANONICAL_FORMS =
      Set.of(
          "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
          "http://www.w3.org/2001/10/xml-exc-c14n#");
  private static final Set<String> DSIG_ELEMENTS =
      Set.of(
          "CanonicalizationMethod",
          "DigestMethod",
          "DigestValue",
          "KeyInfo",
          "Manifest",
          "Object",
          "Reference",
          "Signature",
          "SignatureMethod",
          "SignatureValue",
          "SignedInfo",
          "Transform",
          "Transforms",
          "X509CRL",
          "X509Certificate",
          "X509Data");
  private static final Set<String> XADES_ELEMENTS =
      Set.of(
          "EncapsulatedTimeStamp",
          "HashDataInfo",
          "QualifyingProperties",
          "SignatureTimeStamp",
          "UnsignedProperties",
          "UnsignedSignatureProperties");
  private static final String PACKAGE = "PackageSignature";
  private static final String MIGRATION = "MigrationSignature";
  private static final String CONTENTS = "PackageContents";
  private static final int MAX_REFERENCES = 4;
  private static final int MAX_CERTIFICATES = 8;

  AirSignatures {
    files = Map.copyOf(files);
  }

  /// @param sha1 whether RSA with SHA-1 is allowed, which the packagers of old AIR sign with
  /// @throws BundleException `signature-missing`, `signature-invalid`, `signature-set`,
  ///     `alg-not-allowed`, `certificate-profile`
  static AirSignatures verify(byte[] xml, boolean sha1) throws IOException {
    Document document = SafeXml.parse(xml, Mistake.DESCRIPTOR, "META-INF/signatures.xml");
    Element root = document.getDocumentElement();
    if (!"signatures".equals(root.getLocalName())) throw set("root");
    Map<String, Element> ids = new HashMap<>();
    SafeXml.children(root).forEach(child -> requireKnown(child, ids));

    List<Element> signatures = SafeXml.children(root, DSIG, "Signature");
    if (signatures.size() != SafeXml.children(root).size()) throw set("root");
    Element publisher = named(signatures, PACKAGE);
    Element migration = named(signatures, MIGRATION);
    if (publisher == null) throw new BundleException(SIGNATURE_MISSING).with("id", PACKAGE);
    if (signatures.size() > (migration == null ? 1 : 2)) throw set("signatures");

    Element contents = ids.get(CONTENTS);
    boolean inPlace =
        contents != null
            && SafeXml.is(contents, DSIG, "Manifest")
            && contents.getParentNode() instanceof Element object
            && SafeXml.is(object, DSIG, "Object")
            && object.getParentNode() == publisher;
    if (contents == null || !inPlace) throw set(CONTENTS);
    AirSigner signer = verify(publisher, contents, ids, sha1);
    Optional<AirSigner> predecessor = Optional.empty();
    if (migration != null) {
      // Over the publisher's signature and nothing less: so it names the one it hands over to.
      Element value = SafeXml.children(publisher, DSIG, "SignatureValue").getFirst();
      predecessor = Optional.of(verify(migration, value, ids, sha1));
    }
    return new AirSignatures(signer, predecessor, files(contents));
  }

  /// @param covered what the signature must refer to
  private static AirSigner verify(
      Element signature, Element covered, Map<String, Element> ids, boolean sha1)
      throws IOException {
    Element info = only(signature, "SignedInfo");
    only(signature, "SignatureValue");
    requireAlgorithm(only(info, "CanonicalizationMethod"), CANONICAL_FORMS);
    String method =
        requireAlgorithm(
            only(info, "SignatureMethod"),
            sha1 ? Set.of(RSA_SHA256, RSA_SHA1) : Set.of(RSA_SHA256));
    List<Element> references = SafeXml.children(info, DSIG, "Reference");
    if (references.isEmpty() || references.size() > MAX_REFERENCES) throw set("references");
    boolean covers = false;
    for (Element reference : references) {
      String uri = reference.getAttribute("URI");
      Element target = uri.startsWith("#") ? ids.get(uri.substring(1)) : null;
      if (target == null) throw set("references");
      covers |= target == covered;
      for (Element transforms : SafeXml.children(reference, DSIG, "Transforms")) {
        SafeXml.children(transforms).forEach(it -> requireAlgorithm(it, CANONICAL_FORMS));
      }
      requireAlgorithm(
          only(reference, "DigestMethod"), sha1 ? Set.of(SHA256, SHA1) : Set.of(SHA256));
    }
    if (!covers) throw set("references");

    List<byte[]> certificates = certificates(signature);
    for (int i = 0; i < certificates.size(); i++) {
      AirSigner signer = AirSigner.parse(certificates.get(i));
      if (isBy(signer, signature, ids, method)) {
        // The signer first, then the rest in their order.
        var chain = new ArrayList<byte[]>(certificates);
        chain.addFirst(chain.remove(i));
        return signer.requireProfile().with(chain);
      }
    }
    throw new BundleException(SIGNATURE_INVALID).with("id", signature.getAttribute("Id"));
  }

  private static boolean isBy(
      AirSigner signer, Element signature, Map<String, Element> ids, String method)
      throws IOException {
    if (!signer.isRsa()) return false;
    try {
      var key =
          KeyFactory.getInstance("RSA")
              .generatePublic(new X509EncodedKeySpec(signer.publicKey().getEncoded()));
      var context = new DOMValidateContext(key, signature);
      context.setProperty("org.jcp.xml.dsig.secureValidation", false);
      ids.values().forEach(element -> context.setIdAttributeNS(element, null, "Id"));
      var parsed = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
      byte[] value = parsed.getSignatureValue().getValue();
      if (value.length != signer.modulusBytes()) return false;
      if (!parsed.getSignatureValue().validate(context)) return false;
      var verifier =
          Signature.getInstance(
              method.equals(RSA_SHA1) ? "SHA1withRSA" : "SHA256withRSA", AirSigner.PROVIDER);
      verifier.initVerify(signer.publicKey());
      try (var canonical = parsed.getSignedInfo().getCanonicalizedData()) {
        verifier.update(canonical.readAllBytes());
      }
      if (!verifier.verify(value)) return false;
      for (Reference reference : parsed.getSignedInfo().getReferences()) {
        if (!reference.validate(context)) return false;
      }
      return true;
    } catch (MarshalException | XMLSignatureException | GeneralSecurityException e) {
      throw new BundleException(SIGNATURE_INVALID, e).with("id", signature.getAttribute("Id"));
    }
  }

  private static List<byte[]> certificates(Element signature) {
    var all = new ArrayList<byte[]>();
    for (Element info : SafeXml.children(signature, DSIG, "KeyInfo")) {
      for (Element data : SafeXml.children(info, DSIG, "X509Data")) {
        for (Element certificate : SafeXml.children(data, DSIG, "X509Certificate")) {
          all.add(base64(certificate));
        }
      }
    }
    if (all.size() > MAX_CERTIFICATES) throw set("certificates");
    return all;
  }

  private static Map<String, Digest> files(Element contents) {
    var files = new HashMap<String, Digest>();
    for (Element reference : SafeXml.children(contents)) {
      // Digests are of the files' bytes as they are: nothing may come between.
      if (!SafeXml.is(reference, DSIG, "Reference")
          || !SafeXml.children(reference, DSIG, "Transforms").isEmpty()) {
        throw set(CONTENTS);
      }
      requireAlgorithm(only(reference, "DigestMethod"), Set.of(SHA256));
      byte[] digest = base64(only(reference, "DigestValue"));
      String uri = reference.getAttribute("URI");
      if (digest.length != Digest.BYTES || files.put(uri, Digest.of(digest)) != null) {
        throw set(CONTENTS);
      }
    }
    return files;
  }

  /// Refuses every element that has no place in the file, and an id that occurs twice.
  private static void requireKnown(Element element, Map<String, Element> ids) {
    String namespace = String.valueOf(element.getNamespaceURI());
    Set<String> known =
        namespace.equals(DSIG)
            ? DSIG_ELEMENTS
            : namespace.equals(XADES) ? XADES_ELEMENTS : Set.of();
    if (!known.contains(element.getLocalName())) throw set("elements");
    String id = element.getAttribute("Id");
    if (!id.isEmpty() && ids.put(id, element) != null) throw set("ids");
    for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element child) requireKnown(child, ids);
    }
  }

  private static String requireAlgorithm(Element element, Set<String> allowed) {
    String algorithm = element.getAttribute("Algorithm");
    if (!allowed.contains(algorithm) || !SafeXml.children(element).isEmpty()) {
      throw new BundleException(ALG_NOT_ALLOWED).with("element", element.getLocalName());
    }
    return algorithm;
  }

  private static Element only(Element parent, String name) {
    List<Element> found = SafeXml.children(parent, DSIG, name);
    if (found.size() != 1) throw set(name);
    return found.getFirst();
  }

  private static @Nullable Element named(List<Element> signatures, String id) {
    return signatures.stream()
        .filter(signature -> signature.getAttribute("Id").equals(id))
        .findFirst()
        .orElse(null);
  }

  private static byte[] base64(Element element) {
    try {
      return Base64.getMimeDecoder().decode(element.getTextContent());
    } catch (IllegalArgumentException e) {
      throw set(String.valueOf(element.getLocalName()));
    }
  }

  private static BundleException set(String part) {
    return new BundleException(SIGNATURE_SET).with("part", part);
  }
}
