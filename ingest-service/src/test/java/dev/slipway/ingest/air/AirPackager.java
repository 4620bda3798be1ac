package dev.slipway.ingest.air;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/// Makes and signs AIR packages by the documented layout, and packages that break its rules one at
/// a time. No packager of Adobe's was at hand to compare with.
public final class AirPackager {

  public static final String RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
  public static final String RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
  private static final String MIMETYPE =
      "application/vnd.adobe.air-application-installer-package+zip";

  /// A key and its self-signed certificate.
  public record Identity(KeyPair keys, X509Certificate certificate) {

    public static Identity of(String name, Instant from, Instant until) {
      return of(name, from, until, 2048, true);
    }

    public static Identity of(
        String name, Instant from, Instant until, int bits, boolean codeSigning) {
      try {
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        var keys = generator.generateKeyPair();
        var x500 = new X500Name("CN=" + name);
        var builder =
            new JcaX509v3CertificateBuilder(
                x500,
                BigInteger.valueOf(Math.abs(name.hashCode()) + 1L),
                Date.from(from),
                Date.from(until),
                x500,
                keys.getPublic());
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        if (codeSigning) {
          builder.addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning));
        }
        return new Identity(
            keys,
            new JcaX509CertificateConverter()
                .getCertificate(
                    builder.build(
                        new JcaContentSignerBuilder("SHA256withRSA").build(keys.getPrivate()))));
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /// One entry, with everything about it that can be wrong.
  public static final class Item {
    String name;
    byte[] content;
    boolean deflated;
    int flags;
    int method = -1;
    byte[] extra = new byte[0];
    String localName;
    int crcBy;
    boolean signed = true;

    Item(String name, byte[] content, boolean deflated) {
      this.name = name;
      this.localName = name;
      this.content = content;
      this.deflated = deflated;
    }
  }

  final List<Item> items = new ArrayList<>();
  private final Identity publisher;
  private Identity migration;
  private boolean graft;
  private String method = RSA_SHA256;
  private Consumer<Document> xml = _ -> {};
  private byte[] gap = new byte[0];
  private byte[] tail = new byte[0];
  private Consumer<Map<String, byte[]>> references = _ -> {};

  public AirPackager(Identity publisher, String id, String version) {
    this(publisher, descriptor(id, version));
  }

  public AirPackager(Identity publisher, String descriptor) {
    this.publisher = publisher;
    items.add(new Item("mimetype", utf8(MIMETYPE), false));
    items.add(new Item("META-INF/AIR/application.xml", utf8(descriptor), true));
    items.add(new Item("META-INF/AIR/hash", new byte[32], false));
    items.getLast().signed = false;
    items.add(new Item("app.swf", "a movie ".repeat(1000).getBytes(StandardCharsets.UTF_8), true));
    items.add(new Item("icons/", new byte[0], false));
    items.getLast().signed = false;
    items.add(new Item("icons/a b.png", new byte[] {1, 2, 3}, false));
  }

  public static String descriptor(String id, String version) {
    return """
        <?xml version="1.0" encoding="utf-8"?>
        <application xmlns="http://ns.adobe.com/air/application/2.5">
          <id>%s</id>
          <filename>Tides</filename>
          <versionNumber>%s</versionNumber>
          <versionLabel>Spring tide</versionLabel>
          <description><text xml:lang="en">Tides &amp; times</text><text xml:lang="fr">Marées</text></description>
          <initialWindow><content>app.swf</content></initialWindow>
        </application>
        """
        .formatted(id, version);
  }

  public AirPackager sign(String algorithm) {
    method = algorithm;
    return this;
  }

  /// With a second signature by the former certificate, over the first.
  public AirPackager migrate(Identity former) {
    migration = former;
    return this;
  }

  /// The second signature is over the files, not over the first signature: it could be put onto any
  /// package of the same files.
  AirPackager grafted() {
    graft = true;
    return this;
  }

  AirPackager item(String name, Consumer<Item> change) {
    change.accept(items.stream().filter(item -> item.name.equals(name)).findFirst().orElseThrow());
    return this;
  }

  AirPackager add(Item item) {
    items.add(item);
    return this;
  }

  public AirPackager add(String name, byte[] content) {
    return add(new Item(name, content, true));
  }

  AirPackager xml(Consumer<Document> change) {
    xml = change;
    return this;
  }

  AirPackager references(Consumer<Map<String, byte[]>> change) {
    references = change;
    return this;
  }

  AirPackager gap(int bytes) {
    gap = new byte[bytes];
    return this;
  }

  AirPackager tail(int bytes) {
    tail = new byte[bytes];
    return this;
  }

  public byte[] build() {
    try {
      var all = new ArrayList<>(items);
      all.add(new Item("META-INF/signatures.xml", signatures(), true));
      return zip(all);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] signatures() throws Exception {
    var digests = new LinkedHashMap<String, byte[]>();
    for (var item : items) {
      if (item.signed) {
        digests.put(
            item.name.replace(" ", "%20").replace("\\", "%5C"),
            MessageDigest.getInstance("SHA-256").digest(item.content));
      }
    }
    references.accept(digests);
    var factory = XMLSignatureFactory.getInstance("DOM");
    var documents = DocumentBuilderFactory.newDefaultNSInstance();
    Document document = documents.newDocumentBuilder().newDocument();
    Element root = document.createElement("signatures");
    document.appendChild(root);
    var sha256 = factory.newDigestMethod(DigestMethod.SHA256, null);
    var contents = new ArrayList<Reference>();
    for (var digest : digests.entrySet()) {
      contents.add(
          factory.newReference(digest.getKey(), sha256, null, null, null, digest.getValue()));
    }
    var manifest = factory.newManifest(contents, "PackageContents");
    var object = factory.newXMLObject(List.of(manifest), null, null, null);
    sign(factory, root, publisher, "#PackageContents", sha256, List.of(object), "PackageSignature");
    if (migration != null) {
      sign(
          factory,
          root,
          migration,
          graft ? "#PackageContents" : "#PackageSignatureValue",
          sha256,
          List.of(),
          "MigrationSignature");
    }
    xml.accept(document);
    var text = new ByteArrayOutputStream();
    TransformerFactory.newDefaultInstance()
        .newTransformer()
        .transform(new DOMSource(document), new StreamResult(text));
    return text.toByteArray();
  }

  private void sign(
      XMLSignatureFactory factory,
      Element root,
      Identity by,
      String uri,
      DigestMethod digest,
      List<javax.xml.crypto.dsig.XMLObject> objects,
      String id)
      throws Exception {
    var info =
        factory.newSignedInfo(
            factory.newCanonicalizationMethod(
                "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", (C14NMethodParameterSpec) null),
            factory.newSignatureMethod(method, null),
            List.of(factory.newReference(uri, digest)));
    var keys = factory.getKeyInfoFactory();
    var data = keys.newX509Data(List.of(by.certificate()));
    var context = new DOMSignContext(by.keys().getPrivate(), root);
    context.setProperty("org.jcp.xml.dsig.secureValidation", false);
    var elements = root.getElementsByTagNameNS("*", "*");
    for (int i = 0; i < elements.getLength(); i++) {
      var element = (Element) elements.item(i);
      if (element.hasAttribute("Id")) context.setIdAttributeNS(element, null, "Id");
    }
    factory
        .newXMLSignature(info, keys.newKeyInfo(List.of(data)), objects, id, id + "Value")
        .sign(context);
  }

  private byte[] zip(List<Item> all) {
    var out = new ByteArrayOutputStream();
    var directory = new ByteArrayOutputStream();
    for (var item : all) {
      byte[] data = item.deflated ? deflate(item.content) : item.content;
      int how = item.method >= 0 ? item.method : item.deflated ? 8 : 0;
      var crc = new CRC32();
      crc.update(item.content);
      int sum = (int) crc.getValue();
      byte[] localName = utf8(item.localName);
      byte[] name = utf8(item.name);
      int offset = out.size();
      var local = little(30 + localName.length);
      local.putInt(0x04034b50).putShort((short) 20).putShort((short) item.flags);
      local.putShort((short) how).putInt(0).putInt(sum + item.crcBy);
      local.putInt(data.length).putInt(item.content.length);
      local.putShort((short) localName.length).putShort((short) 0).put(localName);
      out.writeBytes(local.array());
      out.writeBytes(data);
      var central = little(46 + name.length + item.extra.length);
      central.putInt(0x02014b50).putShort((short) 20).putShort((short) 20);
      central.putShort((short) item.flags).putShort((short) how).putInt(0).putInt(sum);
      central.putInt(data.length).putInt(item.content.length);
      central.putShort((short) name.length).putShort((short) item.extra.length);
      central.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
      central.putInt(offset).put(name).put(item.extra);
      directory.writeBytes(central.array());
    }
    out.writeBytes(gap);
    int start = out.size();
    out.writeBytes(directory.toByteArray());
    var end = little(22);
    end.putInt(0x06054b50).putInt(0).putShort((short) all.size()).putShort((short) all.size());
    end.putInt(directory.size()).putInt(start).putShort((short) 0);
    out.writeBytes(end.array());
    out.writeBytes(tail);
    return out.toByteArray();
  }

  private static byte[] deflate(byte[] content) {
    var deflater = new Deflater(6, true);
    deflater.setInput(content);
    deflater.finish();
    byte[] buffer = new byte[content.length + 100];
    int length = deflater.deflate(buffer);
    deflater.end();
    return java.util.Arrays.copyOf(buffer, length);
  }

  private static ByteBuffer little(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
