"""Another implementation of slipway-bundle/1, by which the files beside it were made once.

Needs Python 3 with `cryptography`, and the zstd command. It shares no code with the library, so what
both agree on is the format. Run it in an empty folder: it writes bundle.slipway, files/, keys.json and
vectors.json.
"""
import base64, datetime, hashlib, hmac, json, os, struct, subprocess, zlib
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

APP, VERSION, CREATED = "com.example.all", "2.0.0", "2026-11-24T12:00:00Z"
FROM = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
UNTIL = datetime.datetime(2046, 1, 1, tzinfo=datetime.timezone.utc)


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(data):
    return hashlib.sha256(data).digest()


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def expand(key, info, length, algorithm="sha512"):
    out, block, n = b"", b"", 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([n]), algorithm).digest()
        out, n = out + block, n + 1
    return out[:length]


def zeros(*parts):
    return b"\0".join(p if isinstance(p, bytes) else p.encode() for p in parts)


# Blobs

def seal_blob(plain, key, salt, context):
    okm = expand(key, b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context, 76)
    aes, nonce, commitment = AESGCM(okm[:32]), okm[32:44], okm[44:]
    out = salt + commitment
    for i in range(len(plain) // 16384 + 1):
        number = int.from_bytes(nonce, "big") ^ i
        out += aes.encrypt(number.to_bytes(12, "big"), plain[i * 16384:(i + 1) * 16384], None)
    return out


def padme(length):
    if length < 2:
        return length
    e = length.bit_length() - 1
    mask = (1 << (e - e.bit_length())) - 1
    return (length + mask) & ~mask


# HPKE, RFC 9180: base mode, X25519, HKDF-SHA256, AES-256-GCM

def hpke_seal(recipient, info, aad, plain, ephemeral):
    def extract(salt, suite, label, ikm):
        return hmac.new(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256").digest()

    def labelled(prk, suite, label, information, length):
        return expand(prk, struct.pack(">H", length) + b"HPKE-v1" + suite + label + information, length, "sha256")

    enc = ephemeral.public_key().public_bytes_raw()
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"
    prk = extract(b"", kem, b"eae_prk", ephemeral.exchange(recipient))
    shared = labelled(prk, kem, b"shared_secret", enc + recipient.public_bytes_raw(), 32)
    context = b"\0" + extract(b"", suite, b"psk_id_hash", b"") + extract(b"", suite, b"info_hash", info)
    secret = extract(shared, suite, b"secret", b"")
    key = labelled(secret, suite, b"key", context, 32)
    nonce = labelled(secret, suite, b"base_nonce", context, 12)
    return enc, AESGCM(key).encrypt(nonce, plain, aad)


# Signatures and certificates

def sign(key, data):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        return r.to_bytes(32, "big") + min(s, order - s).to_bytes(32, "big")
    return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer, issuer_key, authority=False):
    builder = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(FROM).not_valid_after(UNTIL)
               .add_extension(x509.BasicConstraints(authority, None), True)
               .add_extension(x509.KeyUsage(not authority, False, False, False, False, authority, False, False, False), True))
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)
    algorithm = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(issuer_key, algorithm).public_bytes(serialization.Encoding.DER)


def signature(alg, key, chain, payload, role, to=None):
    header = {"alg": alg, "typ": "slipway-manifest+jws", "role": role, "x5t#S256": b64u(sha256(chain[0])),
              "x5c": [base64.b64encode(der).decode() for der in chain]}
    if to:
        header["to_x5t#S256"] = to
    header["crit"] = ["role"] + (["to_x5t#S256"] if to else [])
    protected = b64u(compact(header))
    return {"protected": protected, "signature": b64u(sign(key, (protected + "." + payload).encode()))}


def compact_jws(header, payload, key):
    text = b64u(compact(header)) + "." + b64u(compact(payload))
    return text + "." + b64u(sign(key, text.encode()))


# The container: a ZIP with stored entries, of which every byte is fixed

def container(entries):
    out, central = b"", b""
    for entry, data in entries:
        common = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(entry), 0)
        central += struct.pack("<IH", 0x02014b50, 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + entry.encode()
        out += struct.pack("<I", 0x04034b50) + common + entry.encode() + data
    end = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, len(entries), len(entries), len(central), len(out), 0)
    return out + central + end


def main():
    data_key, fleet, next_fleet = os.urandom(32), os.urandom(32), os.urandom(32)
    escrow = x25519.X25519PrivateKey.generate()
    former = ed25519.Ed25519PrivateKey.generate()
    root, publisher = rsa.generate_private_key(65537, 3072), ec.generate_private_key(ec.SECP256R1())
    former_certificate = certificate("former", former, "former", former)
    root_certificate = certificate("root", root, "root", root, authority=True)
    chain = [certificate("publisher", publisher, "root", root), root_certificate]

    contents = {
        "index.html": b"<!doctype html>\n" + b"<p>Ahoy!</p>\n" * 500,
        "assets/app.js": b"".join(b"export const c%d = %d;\n" % (i, i * i) for i in range(3000)),
        "assets/logo.bin": b"".join(sha256(bytes([i % 256, i // 256])) for i in range(625)),
        "assets/copy.html": b"<!doctype html>\n" + b"<p>Ahoy!</p>\n" * 500,
        "empty.txt": b"",
    }
    files, blobs = [], {}
    for path in sorted(contents, key=lambda p: p.encode()):
        plain = contents[path]
        os.makedirs(os.path.dirname("files/" + path), exist_ok=True)
        open("files/" + path, "wb").write(plain)
        packed = subprocess.run(["zstd", "-19", "-c", "-q", "--no-check"], input=plain, stdout=subprocess.PIPE, check=True).stdout
        z = "zstd" if len(packed) < len(plain) * 0.9 else "none"
        content = packed if z == "zstd" else plain
        padded = content + bytes(padme(len(content)) - len(content))
        key = expand(data_key, zeros("slipway/1 file", APP, sha256(padded)), 32)
        salt = expand(data_key, zeros("slipway/1 salt", APP, sha256(padded)), 24)
        blob = seal_blob(padded, key, salt, zeros("slipway/1 file", APP))
        blobs[b64u(sha256(blob))] = blob
        files.append({"path": path, "blob": b64u(sha256(blob)), "key": b64u(key), "len": len(plain),
                      "sha256": b64u(sha256(plain)), "z": z, "plen": len(content)})
    index = compact({"format": "slipway-index/1", "app_id": APP, "version": VERSION, "files": files,
                     "notes": {"en": "All there is.", "fr": "Tout."}, "next_keys": [{"kid": "fleet-2", "key": b64u(next_fleet)}]})
    cek = expand(data_key, zeros("slipway/1 cek", APP, VERSION, sha256(index)), 32)
    index_blob = seal_blob(index, expand(cek, b"slipway/1 index", 32), expand(cek, b"slipway/1 index salt" + sha256(index), 24),
                           zeros("slipway/1 index", APP, VERSION))
    index_id = b64u(sha256(index_blob))
    enc, ek = hpke_seal(escrow.public_key(), b"slipway/1 cek", zeros(APP, "escrow-1"), cek, x25519.X25519PrivateKey.generate())
    publisher_key = expand(data_key, b"slipway/1 publisher", 32)
    spki = former.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    manifest = {
        "format": "slipway-bundle/1", "app_id": APP, "publisher_id": base64.b32encode(sha256(spki)).decode().rstrip("="),
        "version": VERSION, "security_epoch": 3, "created": CREATED, "compat": {"platforms": ["android", "ios"], "native_min": "5.0.0"},
        "enc": {"alg": "C2SP-CE-A256GCM-SHA512", "cek_commit": b64u(expand(cek, b"slipway/1 commit", 32)),
                "recipients": [{"kid": "fleet-1", "alg": "A256KW", "ek": b64u(aes_key_wrap(fleet, cek))},
                               {"kid": "escrow-1", "alg": "HPKE-X25519-SHA256-A256GCM", "enc": b64u(enc), "ek": b64u(ek)},
                               {"kid": "publisher-1", "alg": "A256KW", "ek": b64u(aes_key_wrap(publisher_key, cek))}]},
        "index": {"id": index_id, "size": len(index_blob)},
        "blobs": [{"id": i, "size": len(blobs[i])} for i in sorted(blobs)],
        "total_size": len(index_blob) + sum(map(len, blobs.values()))}
    payload = b64u(compact(manifest))
    jws = compact({"payload": payload, "signatures": [
        signature("ES256", publisher, chain, payload, "publisher"),
        signature("Ed25519", former, [former_certificate], payload, "migration", b64u(sha256(chain[0])))]})
    open("bundle.slipway", "wb").write(container(
        [("manifest.jws.json", jws), ("blobs/" + index_id, index_blob)] + [("blobs/" + i, blobs[i]) for i in sorted(blobs)]))

    raw = lambda key: key.private_bytes_raw()
    json.dump({"about": "For tests alone; nothing real was ever sealed with these.", "app_id": APP, "data_key": b64u(data_key),
               "fleet-1": b64u(fleet), "fleet-2": b64u(next_fleet), "escrow-1": b64u(raw(escrow)),
               "former_certificate": base64.b64encode(former_certificate).decode(),
               "publisher_certificate": base64.b64encode(chain[0]).decode(), "root_certificate": base64.b64encode(root_certificate).decode()},
              open("keys.json", "w"), indent=1)

    # What an implementation can be held against without the rest
    release_key = ed25519.Ed25519PrivateKey.generate()
    public = release_key.public_key().public_bytes_raw()
    iat = int(datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.timezone.utc).timestamp())
    signers = [("Ed25519", former, [former_certificate]), ("ES256", publisher, chain)]
    strong = rsa.generate_private_key(65537, 3072)
    signers.append(("PS256", strong, [certificate("strong", strong, "strong", strong)]))
    delegations = [compact_jws(
        {"alg": alg, "typ": "slipway-delegation+jws", "x5t#S256": b64u(sha256(certs[0])), "x5c": [base64.b64encode(c).decode() for c in certs]},
        {"format": "slipway-delegation/1", "app_id": APP, "channels": ["*"], "keys": [{"alg": "Ed25519", "x": b64u(public)}],
         "iat": iat, "exp": iat + 365 * 86400}, key) for alg, key, certs in signers]
    statement = compact_jws(
        {"alg": "Ed25519", "typ": "slipway-release+jws", "kid": b64u(sha256(public))},
        {"format": "slipway-release/1", "app_id": APP, "channel": "production", "seq": iat * 1000, "iat": iat, "exp": iat + 86400,
         "security_floor": 2, "releases": [{"manifest_sha256": b64u(sha256(jws)), "version": VERSION, "role": "stepping-stone", "accepted_at": CREATED}],
         "rollback_from": ["2.0.1"], "revoked": []}, release_key)
    key, salt, context = bytes(range(32)), bytes(range(24)), b"context"
    good = seal_blob(bytes(i % 251 for i in range(40000)), key, salt, context)
    c = [[0, 56]] + [[56 + i * 16400, min(56 + (i + 1) * 16400, len(good))] for i in range(3)]
    # From which parts of the good blob each bad one is put together, and which byte then has its lowest bit flipped
    refused = [("the last chunk removed", c[:3], None, "TRUNCATED"), ("cut inside the last chunk", [[0, len(good) - 1]], None, "TAG"),
               ("two chunks swapped", [c[0], c[2], c[1], c[3]], None, "TAG"), ("a chunk doubled", [c[0], c[1], c[1], c[2], c[3]], None, "TAG"),
               ("a byte appended", [[0, len(good)], [0, 1]], None, "TAG"), ("a bit of a tag flipped", [[0, len(good)]], 56 + 16399, "TAG"),
               ("a bit of the salt flipped", [[0, len(good)]], 5, "COMMITMENT"), ("a bit of the commitment flipped", [[0, len(good)]], 30, "COMMITMENT"),
               ("no chunk at all", c[:1], None, "TRUNCATED"), ("half a header", [[0, 40]], None, "TRUNCATED")]
    json.dump({
        "about": "Made by make.py beside golden/v1-all. Bytes in base64url; byte i of the plain text is i mod 251. A refused blob is put together from parts [from, to) of the good one; then the lowest bit of the byte at flip changes.",
        "padme": [[n, padme(n)] for n in [0, 1, 2, 7, 8, 9, 15, 17, 31, 33, 100, 1000, 16384, 16385, 20000, 99999, 1 << 20, (1 << 20) + 1, 123456789, (1 << 32) - 1]],
        "blob": {"key": b64u(key), "salt": b64u(salt), "context": b64u(context), "len": 40000, "size": len(good), "id": b64u(sha256(good))},
        "blobs_refused": [{"what": what, "parts": parts, "flip": flip, "reason": reason} for what, parts, flip, reason in refused],
        "hpke": {"app_id": APP, "kid": "escrow-1", "private_key": b64u(raw(escrow)), "public_key": b64u(escrow.public_key().public_bytes_raw()),
                 "enc": b64u(enc), "ek": b64u(ek), "cek": b64u(cek)},
        "release_public_key": b64u(public), "delegations": delegations, "statement": statement}, open("vectors.json", "w"), indent=1)


main()
