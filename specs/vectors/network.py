"""Writes specs/vectors/dht and discovery: a second implementation, from specs/wire.md, dht.md and discovery.md alone.

Not needed to build or test anything; the tests read the files it wrote. Run: python3 specs/vectors/network.py (needs the package "cryptography").
"""
import hashlib, itertools, json
from peer import HERE, Key, enc, uvarint, signature_input, sha

B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(b):
    n, out = int.from_bytes(b, "big"), ""
    while n:
        n, r = divmod(n, 58)
        out = B58[r] + out
    return "1" * (len(b) - len(b.lstrip(b"\0"))) + out


def field(number, value):
    return uvarint(number << 3) + uvarint(value) if isinstance(value, int) else uvarint(number << 3 | 2) + uvarint(len(value)) + value


def peer_id(key):
    return bytes.fromhex("002408011220") + key


def write(name, document):
    path = HERE / name / "vectors.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


# ---- dht.md

TYPES = ["PUT_VALUE", "GET_VALUE", "ADD_PROVIDER", "GET_PROVIDERS", "FIND_NODE", "PING"]
LOOPBACK, PUBLIC = bytes.fromhex("047f000001060fa1"), bytes.fromhex("04cb007107061d00")
ONE = peer_id(bytes.fromhex("1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"))
TWO = peer_id(bytes.fromhex("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"))

# Made by js-libp2p, @libp2p/kad-dht.
FROM_JS = {
    "find node request": "080412260024080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
    "find node answer": "080442340a260024080112208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c1208047f000001060fa11801",
    "put value request": "12172f617269612f6d6f64656c2f6269746e65742d326234741a440a172f617269612f6d6f64656c2f6269746e65742d3262347412097b22736571223a317d2a1e323032362d30312d30325430333a30343a30352e3637383030303030305a",
    "get value request": "080112172f617269612f6d6f64656c2f6269746e65742d32623474",
    "add provider request": "08021222122027f753da3d1d028053a879c9310bbc4131a5b6a76ffb3c8ed1734ba6e13912a34a340a260024080112208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c1208047f000001060fa11801",
}


def encode_peer(p):
    return field(1, bytes.fromhex(p["id"])) + b"".join(field(2, bytes.fromhex(a)) for a in p["addresses"]) + (field(3, p["connection"]) if p["connection"] else b"")


def encode_message(m):
    r = m["record"]
    return b"".join([
        field(1, TYPES.index(m["type"])) if TYPES.index(m["type"]) else b"",
        field(2, bytes.fromhex(m["key"])) if m["key"] else b"",
        field(3, field(1, bytes.fromhex(r["key"])) + field(2, bytes.fromhex(r["value"])) + (field(5, r["timeReceived"].encode()) if r["timeReceived"] else b"")) if r else b"",
        *(field(8, encode_peer(p)) for p in m["closerPeers"]),
        *(field(9, encode_peer(p)) for p in m["providerPeers"])])


def message(name, kind, key=b"", record=None, closer=(), providers=()):
    m = dict(name=name, type=kind, key=key.hex(), record=record, closerPeers=list(closer), providerPeers=list(providers))
    b = encode_message(m)
    return {**m, "hex": b.hex(), "framed": (uvarint(len(b)) + b).hex()}


def dht():
    key, thing = b"/aria/model/bitnet-2b4t", bytes.fromhex("1220") + sha(b"shard-0")
    record = dict(key=key.hex(), value=b'{"seq":1}'.hex(), timeReceived="2026-01-02T03:04:05.678000000Z")
    two = dict(id=TWO.hex(), addresses=[LOOPBACK.hex()], connection=1)
    both = dict(id=TWO.hex(), addresses=[LOOPBACK.hex(), PUBLIC.hex()], connection=0)
    one = dict(id=ONE.hex(), addresses=[PUBLIC.hex()], connection=0)
    messages = [
        message("find node request", "FIND_NODE", ONE), message("find node answer", "FIND_NODE", closer=[two]),
        message("put value request", "PUT_VALUE", key, record), message("get value request", "GET_VALUE", key),
        message("add provider request", "ADD_PROVIDER", thing, providers=[two]),
        message("get value answer", "GET_VALUE", key, record, [both, one]), message("get value answer without a value", "GET_VALUE", key, closer=[one]),
        message("get providers request", "GET_PROVIDERS", thing), message("get providers answer", "GET_PROVIDERS", thing, closer=[one], providers=[both]),
        message("put value request without a time", "PUT_VALUE", key, {**record, "timeReceived": ""}), message("ping", "PING")]
    by_name = {m["name"]: m["hex"] for m in messages}
    assert all(by_name[name] == made for name, made in FROM_JS.items())
    accepted = [
        ("an unknown field is skipped", by_name["find node request"] + field(15, 7).hex(), "find node request"),
        ("the type may be spelled out for PUT_VALUE", field(1, 0).hex() + by_name["put value request"], "put value request"),
        ("the obsolete field 10 is skipped", by_name["get value request"] + field(10, 1).hex(), "get value request"),
        ("a peer with an unreadable id is left out", by_name["find node request"] + field(8, field(1, b"\x01\x02")).hex(), "find node request"),
        ("an address of an unknown protocol is left out", (field(1, 4) + field(8, field(1, TWO) + field(2, uvarint(0x7fff) + b"\x01") + field(2, LOOPBACK) + field(3, 1))).hex(), "find node answer")]
    refused = [
        ("the end is cut off", by_name["put value request"][:-2]), ("an unknown type", field(1, 6).hex()), ("the type is bytes", field(1, b"\x04").hex()),
        ("the key is a number", field(2, 1).hex()), ("field number 0", "0001"), ("a key of 513 bytes", (field(1, 4) + field(2, b"k" * 513)).hex()),
        ("a record that is no protobuf", (field(1, 1) + field(3, b"\x0a\x05ab")).hex()), ("a group", "0b0c")]
    points = [dict(bytes=b.hex(), sha256=sha(b).hex()) for b in (b"/aria/node/" + base58(ONE).encode(), ONE, TWO, thing)]
    shared = lambda a, b: 256 - (int(a, 16) ^ int(b, 16)).bit_length()
    flip = lambda a, i: "%064x" % (int(a, 16) ^ 1 << 255 - i)
    first = points[0]["sha256"]
    pairs = [(a["sha256"], b["sha256"]) for a, b in itertools.combinations(points, 2)] + [(first, flip(first, i)) for i in (0, 7, 63, 64, 128, 200, 255)] + [(first, first)]
    distance = lambda p: int.from_bytes(sha(p), "big") ^ int(first, 16)
    write("dht", dict(
        messages=messages, accepted=[dict(name=n, hex=h, readsAs=r) for n, h, r in accepted], refused=[dict(name=n, hex=h) for n, h in refused],
        points=points, commonPrefixes=[dict(a=a, b=b, commonPrefix=shared(a, b)) for a, b in pairs],
        closest=dict(target=points[0]["bytes"], peersByDistance=[p.hex() for p in sorted((peer_id(sha(b"peer %d" % i)) for i in range(40)), key=distance)])))


# ---- discovery.md

DOMAIN, TYPE = "aria-capability", b"/aria/capability/1"
NOW = 1_790_000_000_000
MODEL, OTHER = sha(b"model"), sha(b"another model")


def key_of(key):
    return b"/aria/node/" + base58(peer_id(key.id)).encode()


def envelope(key, payload, domain=DOMAIN, kind=TYPE, signer=None):
    return field(1, bytes.fromhex("08011220") + key.id) + field(2, kind) + field(3, payload) + field(5, (signer or key).sign(domain, kind, payload))


def served(model=MODEL, name="aria-tiny", numeric="ARIA-NUM-1", layers=8, embedding=True, start=0, end=4, head=False, overhead=120, layer=350, head_cost=0, kv=4096):
    return [model, name, numeric, layers, embedding, start, end, head, overhead, layer, head_cost, kv]


def payload(key, version=1, network="testnet-42", node=None, sequence=NOW, expires=NOW + 180_000, addresses=(LOOPBACK,), spans=None, consent=None, at=None):
    return [version, network, node or key.id, sequence, expires, list(addresses), [served()] if spans is None else spans, consent, at]


def discovery():
    key, stranger = Key(sha(b"discovery vectors")), Key(sha(b"somebody else"))
    full = dict(addresses=[LOOPBACK, PUBLIC], sequence=2**63 - 1, consent=sha(b"consent"), at=[2**31 - 250, 2**31 + 4000, 2**31, 700, 55], network="réseau",
                spans=[served(), served(OTHER, "other", layers=4096, embedding=False, start=4096, end=4096, head=True, overhead=0, layer=0, head_cost=3_600_000_000, kv=2**31 - 1)])
    records = [("one span", {}), ("serves nothing, has no address", dict(spans=[], addresses=[])), ("everything", full)]
    cases = []

    def case(name, status, value, at=NOW, under=None):
        cases.append(dict(name=name, key=(under or key_of(key)).hex(), nowUnixMs=at, envelope=value.hex(), status=status))

    def bad(name, status="NotCanonical", raw=None, **changes):
        case(name, status, envelope(key, enc(payload(key, **changes)) if raw is None else raw))

    good = envelope(key, enc(payload(key)))
    case("good", "Done", good)
    case("good until its last millisecond", "Done", good, NOW + 179_999)
    case("expired", "Expired", good, NOW + 180_000)
    case("as far ahead as a clock may be behind", "Done", good, NOW - 120_000)
    case("further ahead", "TooLongLived", good, NOW - 120_001)
    case("expiry at the end of numbers", "TooLongLived", envelope(key, enc(payload(key, expires=2**63 - 1))))
    case("an address of an unknown protocol is left out", "Done", envelope(key, enc(payload(key, addresses=[LOOPBACK, uvarint(0x7fff) + b"\x01"]))))
    case("32 spans", "Done", envelope(key, enc(payload(key, spans=[served()] * 32))))
    for name, under in [("another namespace", b"/ariax/node/" + base58(peer_id(key.id)).encode()), ("another word", b"/aria/model/" + base58(peer_id(key.id)).encode()), ("no id", b"/aria/node/"),
                        ("more behind the id", key_of(key) + b"/"), ("the id in hexadecimal", b"/aria/node/" + peer_id(key.id).hex().encode()), ("the id of a hashed key", b"/aria/node/" + base58(bytes.fromhex("1220") + sha(b"rsa")).encode())]:
        case("key: " + name, "BadKey", good, under=under)
    case("too long", "TooLong", envelope(key, bytes(8192)))
    case("no bytes", "BadSignature", b"")
    case("the bare payload", "BadSignature", enc(payload(key)))
    case("one bit of the payload changed", "BadSignature", good.replace(b"testnet-42", b"testnet-43"))
    case("another domain", "BadSignature", envelope(key, enc(payload(key)), domain="aria-job-plan"))
    case("another type", "BadSignature", envelope(key, enc(payload(key)), kind=b"/aria/capability/2"))
    case("signed by another under this key's name", "BadSignature", envelope(key, enc(payload(key)), signer=stranger))
    case("another's record under this key", "Foreign", envelope(stranger, enc(payload(stranger))))
    case("another's unreadable record under this key", "Foreign", envelope(stranger, b"\x00"))
    bad("about another node", "Foreign", node=stranger.id)
    bad("version 2", "UnknownVersion", version=2)
    case("version 2 with another number of elements", "UnknownVersion", envelope(key, enc([2, "x"])))
    bad("no array", raw=enc(b"x"))
    bad("nothing", raw=b"")
    bad("eight elements", raw=enc(payload(key)[:8]))
    bad("ten elements", raw=enc(payload(key) + [None]))
    bad("a byte behind the end", raw=enc(payload(key)) + b"\xc0")
    bad("the end cut off", raw=enc(payload(key))[:-1])
    bad("an integer spelled long", raw=enc(payload(key)).replace(b"\x99\x01", b"\x99\xcc\x01", 1))
    bad("no network", network="")
    bad("network of 65 bytes", network="n" * 65)
    bad("node of 31 bytes", node=key.id[:31])
    bad("sequence over 2^63 - 1", sequence=2**63)
    bad("expiry over 2^63 - 1", expires=2**63)
    bad("17 addresses", addresses=[LOOPBACK] * 17)
    bad("an empty address", addresses=[b""])
    bad("an address of 257 bytes", addresses=[b"a" * 257])
    bad("33 spans", spans=[served(model=b"", name="x")] * 33)
    bad("consent of 31 bytes", consent=bytes(31))
    bad("a coordinate of four", at=[1, 2, 3, 4])
    bad("a coordinate over 32 bits", at=[2**32, 0, 0, 0, 0])
    for name, span in [("no layers in the model", served(layers=0, start=0, end=0, head=True)), ("4097 layers", served(layers=4097)), ("end before start", served(start=4, end=3)), ("end behind the model", served(end=9)),
                       ("nothing in it", served(start=4, end=4)), ("no name", served(name="")), ("cost over an hour", served(layer=3_600_000_001)), ("2^31 positions", served(kv=2**31)),
                       ("model id of 33 bytes", served(model=bytes(33))), ("eleven elements", served()[:11]), ("embedding as a number", [*served()[:4], 1, *served()[5:]])]:
        bad("span: " + name, spans=[span])
    best = [envelope(key, enc(payload(key, sequence=s, addresses=a))) for s, a in ((7, [LOOPBACK]), (9, [LOOPBACK]), (9, [PUBLIC]), (8, []))]
    write("discovery", dict(
        seed=key.seed.hex(), node=key.id.hex(), peerId=base58(peer_id(key.id)), key=key_of(key).hex(), domain=DOMAIN, payloadType=TYPE.decode(),
        records=[dict(
            name=name, network=p[1], sequence=p[3], expiresUnixMs=p[4], addresses=[a.hex() for a in p[5]],
            served=[dict(model=s[0].hex(), name=s[1], numericSpec=s[2], layers=s[3], embedding=s[4], start=s[5], end=s[6], head=s[7], overhead=s[8], perLayer=s[9], headCost=s[10], kvPositions=s[11]) for s in p[6]],
            consent=p[7].hex() if p[7] else None, coordinate=[*(v - 2**31 for v in p[8][:3]), *p[8][3:]] if p[8] else None,
            payload=enc(p).hex(), signed=signature_input(DOMAIN, TYPE, enc(p)).hex(), envelope=envelope(key, enc(p)).hex()) for name, p in ((n, payload(key, **c)) for n, c in records)],
        cases=cases,
        order=dict(values=[b.hex() for b in best], best=max(range(4), key=lambda i: ([7, 9, 9, 8][i], best[i]))),
        providerKeys=[dict(model=m.hex(), key="1220" + m.hex()) for m in (MODEL, OTHER)]))


if __name__ == "__main__":
    dht()
    discovery()
