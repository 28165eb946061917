"""Writes specs/vectors/wire, provenance, ledger and node: a second implementation, from specs/wire.md, provenance.md, ledger.md and node.md alone.

Not needed to build or test anything; the tests read the files it wrote. Run: python3 specs/vectors/peer.py (needs the package "cryptography").
"""
import base64, hashlib, hmac, json, pathlib, struct
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent


# ---- wire.md §1: values are int, bool, None, str, bytes, list

def enc(v):
    if v is None:
        return b"\xc0"
    if v is True or v is False:
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        for limit, head, form in ((0x80, b"", ">B"), (0x100, b"\xcc", ">B"), (0x10000, b"\xcd", ">H"), (1 << 32, b"\xce", ">I"), (1 << 64, b"\xcf", ">Q")):
            if v < limit:
                return head + struct.pack(form, v)
    if isinstance(v, str):
        u = v.encode()
        n = len(u)
        head = bytes([0xa0 | n]) if n < 32 else b"\xd9" + bytes([n]) if n < 256 else b"\xda" + struct.pack(">H", n) if n < 65536 else b"\xdb" + struct.pack(">I", n)
        return head + u
    if isinstance(v, bytes):
        n = len(v)
        return (b"\xc4" + bytes([n]) if n < 256 else b"\xc5" + struct.pack(">H", n) if n < 65536 else b"\xc6" + struct.pack(">I", n)) + v
    if isinstance(v, list):
        n = len(v)
        head = bytes([0x90 | n]) if n < 16 else b"\xdc" + struct.pack(">H", n) if n < 65536 else b"\xdd" + struct.pack(">I", n)
        return head + b"".join(map(enc, v))
    raise TypeError(v)


# ---- wire.md §2, §3

class Key:
    def __init__(self, seed):
        self.seed = seed
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.id = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, domain, kind, payload):
        return self.key.sign(signature_input(domain, kind, payload))

    def derive(self, purpose):
        prk = hmac.new(bytes(32), self.seed, hashlib.sha256).digest()
        return Key(hmac.new(prk, b"aria/key/1/" + purpose.encode() + b"\x01", hashlib.sha256).digest())


def uvarint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def signature_input(domain, kind, payload):
    return b"".join(uvarint(len(part)) + part for part in (domain.encode(), kind, payload))


def signed(key, domain, kind, payload):
    return enc([payload, key.sign(domain, kind, payload)])


# ---- wire.md §5

def sha(b):
    return hashlib.sha256(b).digest()


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def root(leaves):               # of leaf data
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\0" + leaves[0])
    k = split(len(leaves))
    return sha(b"\1" + root(leaves[:k]) + root(leaves[k:]))


def inclusion(i, d):
    if len(d) == 1:
        return []
    k = split(len(d))
    return inclusion(i, d[:k]) + [root(d[k:])] if i < k else inclusion(i - k, d[k:]) + [root(d[:k])]


def consistency(m, d, whole=True):
    if m == len(d):
        return [] if whole else [root(d)]
    k = split(len(d))
    return consistency(m, d[:k], whole) + [root(d[k:])] if m <= k else consistency(m - k, d[k:], False) + [root(d[:k])]


# ---- wire vectors

def wire():
    accepted = [
        ("uint", v) for v in (0, 1, 127, 128, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32, (1 << 64) - 1)
    ] + [("bool", True), ("bool", False), ("nil", None)]
    rows = [{"kind": k, "value": None if v is None else v if isinstance(v, bool) else str(v), "bytes": enc(v).hex()} for k, v in accepted]
    for text in ("", "a", "\u00e9", "\U0001f600", "x" * 31, "x" * 32, "y" * 255, "y" * 256, "z" * 65535, "z" * 65536):
        rows.append({"kind": "text", "value": text, "bytes": enc(text).hex()} if len(text) < 300 else
                    {"kind": "text", "repeat": [text[0], len(text)], "sha256": sha(enc(text)).hex()})
    for data in (b"", b"\0", b"\xff" * 255, b"\1" * 256, b"\2" * 65535, b"\3" * 65536):
        rows.append({"kind": "bin", "value": data.hex(), "bytes": enc(data).hex()} if len(data) < 300 else
                    {"kind": "bin", "repeat": [f"{data[0]:02x}", len(data)], "sha256": sha(enc(data)).hex()})
    for n in (0, 1, 15, 16, 65535, 65536):
        head = enc([0] * n)[: 1 if n < 16 else 3 if n < 65536 else 5]
        rows.append({"kind": "array header", "value": str(n), "bytes": head.hex()})
    refused = [
        ("uint", "cc7f", "127 in two bytes"), ("uint", "cd00ff", "255 in three bytes"), ("uint", "ce0000ffff", "65535 in five bytes"),
        ("uint", "cf00000000ffffffff", "2^32 - 1 in nine bytes"), ("uint", "d001", "int8"), ("uint", "d10001", "int16"), ("uint", "d200000001", "int32"),
        ("uint", "d30000000000000001", "int64"), ("uint", "ff", "negative fixint"), ("uint", "ca3f800000", "float32"), ("uint", "cb3ff0000000000000", "float64"),
        ("uint", "cc", "cut"), ("uint", "", "nothing"), ("uint", "c1", "never used"), ("uint", "0000", "something after it"),
        ("text", "d90161", "str8 for one byte"), ("text", "da000161", "str16 for one byte"), ("text", "db0000000161", "str32 for one byte"),
        ("text", "a2c328", "not UTF-8"), ("text", "a2c080", "overlong"), ("text", "a3eda080", "surrogate"), ("text", "a2e282", "cut character"),
        ("text", "a261", "cut"), ("text", "a365cc81", "not NFC: e and combining acute"), ("text", "a3efbfbe", "U+FFFE"), ("text", "c40161", "bin"),
        ("bin", "c5000161", "bin16 for one byte"), ("bin", "c60000000161", "bin32 for one byte"), ("bin", "a161", "text"), ("bin", "c40261", "cut"),
        ("bin", "c7010161", "ext8"), ("bin", "d40161", "fixext"), ("bool", "00", "integer"), ("bool", "c0", "nil"), ("nil", "c2", "false"),
        ("array header", "dc000f", "array16 for 15"), ("array header", "dd0000ffff", "array32 for 65535"), ("array header", "80", "map"),
        ("array header", "de0010", "map16"), ("array header", "dc00", "cut"),
    ]
    seed = bytes(range(32))
    key = Key(seed)
    signatures = []
    for domain, kind, payload in (("", b"", b""), ("a", b"\3\1", b"\xff\xee\xdd"), ("aria-test", b"/aria/test/1", b"p" * 128), ("aria-test", b"t" * 127, b"q" * 16384)):
        signatures.append({"domain": domain, "type": kind.hex(), "payload": payload.hex() if len(payload) < 300 else None,
                           "payloadRepeat": None if len(payload) < 300 else [payload[:1].hex(), len(payload)],
                           "inputSha256": sha(signature_input(domain, kind, payload)).hex(), "signature": key.sign(domain, kind, payload).hex()})
    L = (1 << 252) + 27742317777372353535851937790883648493
    good = key.sign("aria-test", b"/aria/test/1", b"payload")
    s = int.from_bytes(good[32:], "little")
    bad = [{"what": "S + L", "signer": key.id.hex(), "signature": (good[:32] + (s + L).to_bytes(32, "little")).hex()},
           {"what": "R changed", "signer": key.id.hex(), "signature": (bytes([good[0] ^ 1]) + good[1:]).hex()},
           {"what": "63 bytes", "signer": key.id.hex(), "signature": good[:63].hex()}]
    for point in ("0100000000000000000000000000000000000000000000000000000000000000", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                  "0000000000000000000000000000000000000000000000000000000000000000", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"):
        bad.append({"what": "key of small order, neutral R, S = 0", "signer": point, "signature": "01" + "00" * 63})
    leaves = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
    return {
        "canonical": {"accepted": rows, "refused": [{"kind": k, "bytes": b, "what": w} for k, b, w in refused]},
        "signatures": {"seed": seed.hex(), "publicKey": key.id.hex(), "good": signatures,
                       "bad": {"domain": "aria-test", "type": b"/aria/test/1".hex(), "payload": b"payload".hex(), "cases": bad}},
        "derivedKeys": {"seed": seed.hex(), "cases": [{"purpose": p, "publicKey": key.derive(p).id.hex()} for p in ("log/0", "log/1", "witness/0")]},
        "frames": [{"frame": f.hex(), "bytes": (struct.pack(">I", len(f)) + f).hex()} for f in (b"", b"\1", b"\2" * 300)],
        "merkle": {"leaves": [x.hex() for x in leaves], "roots": [root(leaves[:n]).hex() for n in range(9)],
                   "inclusion": [{"index": i, "size": n, "proof": [h.hex() for h in inclusion(i, leaves[:n])]} for n in (1, 3, 7, 8) for i in range(n)],
                   "consistency": [{"old": m, "size": n, "proof": [h.hex() for h in consistency(m, leaves[:n])]} for n in (3, 7, 8) for m in range(1, n + 1)]},
    }


# ---- provenance.md: a job of 4 layers, 5 prompt and 3 chosen tokens, rows of 8 made-up values

LAYERS = 4
JOB = bytes(range(1, 17))
MODEL = b"\xa1" * 32
K_JOB = b"\xc1" * 32
PROMPT, PROMPT_SALT = [1, 17, 300, 70000, 5], b"\xb1" * 32
OUTPUT, OUTPUT_SALT = [9, 10, 2], b"\xb2" * 32
KEYS = [Key(bytes([i + 1]) * 32) for i in range(4)]     # gateway, then the nodes 1 to 3
NODES = {k.id: k for k in KEYS}
NETWORK, NUMERIC = "aria-testnet", "ARIA-NUM-1"
T = 1_800_000_000_000
PLAN, ACCEPTANCE = ("aria-job-plan", b"/aria/job-plan/1"), ("aria-plan-acceptance", b"/aria/plan-acceptance/1")
RECEIPT, RECORD = ("aria-stage-receipt", b"/aria/stage-receipt/1"), ("aria-inference-record", b"/aria/inference-record/1")


def f32(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def ids(tokens):
    return b"".join(struct.pack("<I", t) for t in tokens)


def commitment(salt, tokens):
    return sha(b"aria/commit/1" + salt + ids(tokens))


def row(boundary, position):
    return b"".join(struct.pack("<f", boundary * 100 + position + i / 8) for i in range(8))


def candidates(position):
    return b"".join(struct.pack("<If", t, x) for t, x in ((position, 3.5), (position + 1, -0.25)))


def log_sum(position):
    return struct.pack("<f", position + 4.5)


def content(boundary, position, counts=False, wants=False):
    token = struct.pack("<I", (PROMPT + OUTPUT)[position])
    if boundary == 0:
        return token
    if boundary == LAYERS + 1:
        return candidates(position) + (log_sum(position) if wants else b"")
    return row(boundary, position) + (token if counts else b"")


def digest(boundary, position, p=None):
    counts, wants = (p["sampling"][5:8] != NEUTRAL, p["sampling"][9] > 0) if p else (False, False)
    return hmac.new(K_JOB, b"aria/act/1" + JOB + struct.pack(">II", boundary, position) + content(boundary, position, counts, wants), hashlib.sha256).digest()


def span(start, end):
    return [start == 0, start, end, end == LAYERS]


NEUTRAL = [f32(1.0), 0, 0]                  # repetition, frequency, presence


def sampling(min_p, biases, penalties=NEUTRAL, logprobs=0):
    return [f32(0.75), 40, f32(0.9), 42, min_p, *penalties, biases, logprobs]


PENALISED = {"sampling": sampling(0, [], [f32(1.25), f32(0.5), f32(-0.5)], 3), "answer_from": 5}


def plan(epoch=0, head_from=4, stages=None, **changes):
    stages = [(1, span(0, 2)), (2, span(2, 4))] if stages is None else stages
    p = {"network": NETWORK, "job": JOB, "epoch": epoch, "gateway": KEYS[0].id, "model": MODEL, "numeric": NUMERIC,
         "stages": [[KEYS[n].id, *s] for n, s in stages],
         "sampling": [f32(0.75), 40, f32(0.9), 42, 0, f32(1.0), 0, 0, [], 0],
         "head_from": head_from, "max": 64, "prompt": commitment(PROMPT_SALT, PROMPT), "key": sha(b"aria/job-key/1" + K_JOB), "created": T + epoch, "deadline": T + 60_000}
    p.update(changes)
    return p


def plan_payload(p):                        # answer_from makes it version 2
    return enc([p.get("version", 2 if "answer_from" in p else 1), *(v for k, v in p.items() if k != "version")])


def receipt(p, stage, positions, **changes):
    node, embedding, start, end, head = p["stages"][stage]
    head_count = max(0, positions - p["head_from"]) if head else 0
    digests = []
    for position in range(positions):
        digests += [digest(b, position, p) for b in range(start + 1, end + 1)]
        if head and position >= p["head_from"]:
            digests.append(digest(end + 1, position, p))
    salt = bytes([0xd0 + stage]) * 32
    trace = enc([1, JOB, p["epoch"], stage, start, end, 0, positions, p["head_from"] if head_count else None, salt, b"".join(digests)])
    r = {"job": JOB, "epoch": p["epoch"], "plan": sha(plan_payload(p)), "stage": stage, "node": node, "first": 0, "count": positions,
         "in": root([digest(start, q, p) for q in range(positions)]), "out": root([digest(end, q, p) for q in range(positions)]),
         "head_first": p["head_from"] if head_count else None, "head_count": head_count,
         "head": root([digest(end + 1, q, p) for q in range(p["head_from"], positions)]) if head_count else None,
         "trace": sha(b"aria/trace/1" + salt + root(digests)),
         "compute": 1500 + stage, "energy": [3, 100, 300], "started": T + 100, "finished": T + 900}
    r.update(changes)
    return r, trace


def attempt(p, count=7, fault=None, missing=(), receipts=None, **changes):
    payload = plan_payload(p)
    d = sha(payload)
    receipts = receipts or {}
    a = {"epoch": p["epoch"], "plan": signed(NODES[p["gateway"]], *PLAN, payload),
         "acceptances": [NODES[s[0]].sign(*ACCEPTANCE, enc([1, d, i])) for i, s in enumerate(p["stages"])],
         "first": 0, "count": count, "receipts": [], "fault": fault}
    for i in range(len(p["stages"])):
        r, _ = receipt(p, i, count, **receipts.get(i, {}))
        a["receipts"].append(None if i in missing else signed(NODES[r["node"]], *RECEIPT, enc([1, *r.values()])))
    a.update(changes)
    return a


def record(*attempts, **changes):
    readable = sum(r is not None for a in attempts for r in a["receipts"])
    rec = {"network": NETWORK, "numeric": NUMERIC, "model": MODEL, "job": JOB, "gateway": KEYS[0].id,
           "attempts": [list(a.values()) for a in attempts], "prompt": commitment(PROMPT_SALT, PROMPT), "output": commitment(OUTPUT_SALT, OUTPUT),
           "P": 5, "C": 3, "finish": 0, "ttft": 12_000, "total": 90_000, "energy": [3, 100 * readable, 300 * readable] if readable else [0, 0, 0], "created": T + 1000}
    rec.update(changes)
    return enc([1, *rec.values()])


def sealed(payload):
    return signed(KEYS[0], *RECORD, payload)


def spoil(b):
    return b[:-1] + bytes([b[-1] ^ 1])


def job(plans, attempts):
    out = {"attempts": []}
    for p, a in zip(plans, attempts):
        payload = plan_payload(p)
        stages = []
        for i in range(len(p["stages"])):
            r, trace = receipt(p, i, a["count"])
            stages.append({"acceptance": a["acceptances"][i].hex(), "receiptPayload": enc([1, *r.values()]).hex(),
                           "receipt": a["receipts"][i].hex() if a["receipts"][i] else None, "trace": trace.hex()})
        out["attempts"].append({"planPayload": payload.hex(), "plan": a["plan"].hex(), "planDigest": sha(payload).hex(), "positions": a["count"], "stages": stages})
    payload = record(*attempts)
    out.update({"recordPayload": payload.hex(), "record": sealed(payload).hex(), "recordId": sha(payload).hex()})
    return out


def provenance():
    p0, p1 = plan(), plan(1, 5, [(1, span(0, 2)), (3, span(2, 4))])
    a = attempt(p0)
    lost = attempt(p0, 6, "stage 1 was lost", missing=[1])
    again = attempt(p1)
    q0, q1 = {**p0, **PENALISED}, {**p1, **PENALISED}
    lost_penalised, again_penalised = attempt(q0, 6, "stage 1 was lost", missing=[1]), attempt(q1)
    unreadable = lambda name, **changes: (name, record(attempt({**q0, **changes}), energy=[0, 0, 0]), ["PlanUnreadable"], "Invalid")
    counting = lambda *penalties: sampling(0, [], list(penalties), 0)
    head_alone = [(1, [True, 0, 4, False]), (2, [False, 4, 4, True])]
    cases = [
        ("honest", record(a), [], "Valid"),
        ("failed attempt without a receipt", record(lost, again), ["AttemptFailed", "ReceiptMissing"], "Valid"),
        ("head on a node of its own", record(attempt(plan(stages=head_alone))), [], "Valid"),
        ("one node", record(attempt(plan(stages=[(1, span(0, 4))]))), [], "Valid"),
        ("failed job without an attempt", record(finish=3), [], "Valid"),
        ("acceptance missing", record({**a, "acceptances": [None, a["acceptances"][1]]}), ["AcceptanceMissing"], "Valid"),
        ("neighbours of a failed attempt with different positions",
         record({**lost, "receipts": [lost["receipts"][0], attempt(p0, 5)["receipts"][1]]}, again), ["AttemptFailed", "LinkOpen"], "Valid"),
        ("receipt missing behind the answer", record(attempt(p0, missing=[1])), ["ReceiptMissing"], "Inconclusive"),
        ("epochs do not rise", record(lost, attempt(plan(0))), ["AttemptFailed", "ReceiptMissing", "EpochOrder"], "Invalid"),
        ("plan unreadable", record({**a, "plan": b"\xc0"}, energy=[0, 0, 0]), ["PlanUnreadable"], "Invalid"),
        ("plan signature", record({**a, "plan": spoil(a["plan"])}, energy=[0, 0, 0]), ["PlanSignature"], "Invalid"),
        ("plan of another job", record(a, job=b"\5" * 16), ["PlanMismatch", "ReceiptMismatch", "ReceiptMismatch"], "Invalid"),
        ("plan of another network", record(a, network="another"), ["PlanMismatch"], "Invalid"),
        ("plan for another model", record(a, model=b"\1" * 32), ["PlanMismatch"], "Invalid"),
        ("plan for another prompt", record(a, prompt=b"\1" * 32), ["PlanMismatch"], "Invalid"),
        ("plan of another gateway", record(attempt(plan(gateway=KEYS[1].id))), ["PlanMismatch"], "Invalid"),
        ("attempts sample differently", record(lost, attempt({**p1, "sampling": [0, 0, f32(1.0), 0, 0, f32(1.0), 0, 0, [], 0]})),
         ["AttemptFailed", "ReceiptMissing", "PlanMismatch"], "Invalid"),
        ("attempts under two keys", record(lost, attempt({**p1, "key": b"\1" * 32})), ["AttemptFailed", "ReceiptMissing", "PlanMismatch"], "Invalid"),
        ("gap in the layers", record(attempt(plan(stages=[(1, span(0, 2)), (2, span(3, 4))]))), ["Cover", "Link"], "Invalid"),
        ("no head", record(attempt(plan(stages=[(1, span(0, 2)), (2, [False, 2, 4, False])]))), ["Cover"], "Invalid"),
        ("a place too few", record({**a, "receipts": a["receipts"][:1]}, energy=[0, 0, 0]), ["StageCount"], "Invalid"),
        ("acceptances exchanged", record({**a, "acceptances": a["acceptances"][::-1]}), ["AcceptanceSignature", "AcceptanceSignature"], "Invalid"),
        ("receipt unreadable", record({**a, "receipts": [b"\1", a["receipts"][1]]}), ["ReceiptUnreadable"], "Invalid"),
        ("receipt signature", record({**a, "receipts": [spoil(a["receipts"][0]), a["receipts"][1]]}), ["ReceiptSignature"], "Invalid"),
        ("receipt by another node", record(attempt(p0, receipts={0: {"node": KEYS[3].id}})), ["ReceiptMismatch"], "Invalid"),
        ("receipt for another plan", record(attempt(p0, receipts={1: {"plan": b"\7" * 32}})), ["ReceiptMismatch"], "Invalid"),
        ("receipts exchanged", record({**a, "receipts": a["receipts"][::-1]}), ["ReceiptMismatch", "ReceiptMismatch"], "Invalid"),
        ("receipt with fewer positions", record(attempt(p0, receipts={0: {"count": 6}})), ["Positions", "LinkOpen"], "Invalid"),
        ("too few candidates", record(attempt(p0, receipts={1: {"head_count": 2}})), ["HeadPositions"], "Invalid"),
        ("link broken", record(attempt(p0, receipts={1: {"in": b"\x09" * 32}})), ["Link"], "Invalid"),
        ("head on its own changes the residual", record(attempt(plan(stages=head_alone), receipts={1: {"out": b"\x09" * 32}})), ["Link"], "Invalid"),
        ("a token too many", record(a, C=4), ["Counts"], "Invalid"),
        ("ended after a failed attempt", record({**a, "fault": "lost"}), ["AttemptFailed", "Counts"], "Invalid"),
        ("first token after the end", record(a, ttft=90_001), ["Timing"], "Invalid"),
        ("finished before started", record(attempt(p0, receipts={0: {"finished": 0}})), ["Timing"], "Invalid"),
        ("energy not the sum", record(a, energy=[3, 200, 601]), ["Energy"], "Invalid"),
        ("min-p and biases", record(attempt(plan(sampling=sampling(f32(0.05), [[5, f32(-100.0)], [17, f32(0.5)]])))), [], "Valid"),
        ("penalties and log-probabilities", record(lost_penalised, again_penalised), ["AttemptFailed", "ReceiptMissing"], "Valid"),
        ("penalties alone", record(attempt({**q0, "sampling": counting(f32(1.25), 0, 0)})), [], "Valid"),
        ("log-probabilities alone", record(attempt({**q0, "sampling": sampling(0, [], logprobs=20)})), [], "Valid"),
        ("penalties from another length of the prompt on", record(attempt({**q0, "answer_from": 4})), ["PlanMismatch"], "Invalid"),
        ("a second attempt without the penalties", record(lost_penalised, again), ["AttemptFailed", "ReceiptMissing", "PlanMismatch"], "Invalid"),
        ("a row without its token", record(attempt(q0, receipts={1: {"in": root([digest(2, q) for q in range(7)])}})), ["Link"], "Invalid"),
        unreadable("version 2 without a reason", sampling=sampling(0, [])),
        unreadable("penalties in version 1", version=1),
        unreadable("an answer from the beginning", answer_from=0),
        unreadable("an answer from behind the first candidates", answer_from=6),
        unreadable("no repetition penalty", sampling=counting(0, 0, 0)),
        unreadable("a repetition penalty above two", sampling=counting(f32(2.0) + 1, 0, 0)),
        unreadable("a frequency penalty of negative zero", sampling=counting(f32(1.25), 1 << 31, 0)),
        unreadable("a presence penalty below minus two", sampling=counting(f32(1.0), 0, f32(-2.0) + 1)),
        unreadable("21 log-probabilities", sampling=sampling(0, [], logprobs=21)),
        ("biases out of order", record(attempt(plan(sampling=sampling(0, [[17, f32(0.5)], [5, f32(-100.0)]]))), energy=[0, 0, 0]), ["PlanUnreadable"], "Invalid"),
        ("a bias of zero", record(attempt(plan(sampling=sampling(0, [[17, 0]]))), energy=[0, 0, 0]), ["PlanUnreadable"], "Invalid"),
        ("a bias too large", record(attempt(plan(sampling=sampling(0, [[17, f32(100.0) + 1]]))), energy=[0, 0, 0]), ["PlanUnreadable"], "Invalid"),
        ("min-p above one", record(attempt(plan(sampling=sampling(f32(1.0) + 1, []))), energy=[0, 0, 0]), ["PlanUnreadable"], "Invalid"),
    ]
    rows = [{"name": n, "record": sealed(r).hex(), "findings": f, "verdict": v} for n, r, f, v in cases]
    good = sealed(record(a))
    rows.append({"name": "record signature", "record": spoil(good).hex(), "findings": ["RecordSignature"], "verdict": "Invalid"})
    rows.append({"name": "something after it", "record": (good + b"\0").hex(), "findings": ["NotCanonical"], "verdict": "Invalid"})
    rows.append({"name": "a layout of its own", "record": sealed(enc([1, 2, 3])).hex(), "findings": ["NotCanonical"], "verdict": "Invalid"})
    rows.append({"name": "a later version", "record": sealed(enc([2, 2, 3])).hex(), "findings": ["UnknownVersion"], "verdict": "Invalid"})
    return {
        "inputs": {"layers": LAYERS, "job": JOB.hex(), "model": MODEL.hex(), "jobKey": K_JOB.hex(), "seeds": [k.seed.hex() for k in KEYS],
                   "prompt": PROMPT, "promptSalt": PROMPT_SALT.hex(), "output": OUTPUT, "outputSalt": OUTPUT_SALT.hex()},
        "digests": [{"boundary": b, "position": q, "token": (PROMPT + OUTPUT)[q] if p and 0 < b <= LAYERS else None,
                     "logSum": struct.unpack("<I", log_sum(q))[0] if p and b > LAYERS else None, "bytes": content(b, q, bool(p), bool(p)).hex(), "digest": digest(b, q, p).hex()}
                    for b, q, p in ((0, 0, None), (0, 3, None), (1, 0, None), (4, 6, None), (5, 4, None), (0, 3, PENALISED), (1, 3, PENALISED), (4, 6, PENALISED), (5, 6, PENALISED))],
        "opening": {"bytes": enc([1, JOB, PROMPT_SALT, ids(PROMPT), OUTPUT_SALT, ids(OUTPUT), K_JOB]).hex(),
                    "promptCommitment": commitment(PROMPT_SALT, PROMPT).hex(), "outputCommitment": commitment(OUTPUT_SALT, OUTPUT).hex()},
        "jobs": {"twoStages": job([p0], [a]), "failover": job([p0, p1], [lost, again]),
                 "penalised": job([q0, q1], [lost_penalised, again_penalised])},
        "checks": rows,
    }


# ---- ledger vectors

NODE = Key(bytes(range(100, 132)))
LEDGER_NETWORK = "aria-test.1"


def origin_of(network, node, epoch):
    return f"aria.{network}/node/{base64.b32encode(sha(node)).decode().lower().rstrip('=')}/e{epoch}"


ORIGIN = origin_of(LEDGER_NETWORK, NODE.id, 1)
LOG, WITNESS = NODE.derive("ledger/log/" + ORIGIN), NODE.derive("ledger/witness/" + ORIGIN)
ENTRY = ("aria-ledger-entry", b"/aria/ledger-entry/1")
ENTRY_TIME = 1_767_225_600_000


def b64(b):
    return base64.b64encode(b).decode()


def manifest(key=NODE, **changes):
    fields = {"version": 1, "network": LEDGER_NETWORK, "identity": NODE.id, "epoch": 1, "origin": ORIGIN, "log": LOG.id, "witness": WITNESS.id, "previous": None,
              "software": "peer.py/1", "created": ENTRY_TIME, **changes}
    return signed(key, "aria-node-manifest", b"/aria/node-manifest/1", enc(list(fields.values())))


def entry(seq, previous, payload, kind=1, key=LOG, version=1, time=None):
    return signed(key, *ENTRY, enc([version, seq, previous, ENTRY_TIME + 10 * seq if time is None else time, kind, payload]))


def log_of(payloads, kinds=None):
    entries, previous = [], bytes(32)
    for i, payload in enumerate(payloads):
        entries.append(entry(i, previous, payload, (0 if i == 0 else 1) if kinds is None else kinds[i]))
        previous = sha(b"\0" + entries[-1])
    return entries


def note(entries, size=None, key=LOG, origin=ORIGIN, name=None, text=None):
    size = len(entries) if size is None else size
    text = text or f"{origin}\n{size}\n{b64(root(entries[:size]))}\n"
    name = name or origin
    key_id = sha(name.encode() + b"\n\1" + key.id)[:4]
    return f"{text}\n\u2014 {name} {b64(key_id + key.key.sign(text.encode()))}\n"


def ledger():
    payloads = [manifest(), b"", b"one", bytes(range(256)) * 2, b"\xff" * 65280]
    good = log_of(payloads)
    leaf = [sha(b"\0" + e) for e in good]
    five = log_of(payloads[:4] + [b"four", b"five"])

    def case(name, entries, checkpoint, verdict, *findings, expected=NODE.id):
        return {"name": name, "entries": [e.hex() for e in entries], "checkpoint": checkpoint, "expected": expected.hex() if expected else None,
                "verdict": verdict, "findings": [{"subject": s, "verdict": v} for s, v in findings]}

    head, sub = note(five), lambda i, e: five[:i] + [e] + five[i + 1:]
    prev = lambda i: sha(b"\0" + five[i - 1])
    bad, open_ = "Invalid", "Inconclusive"
    other = Key(b"\x09" * 32)
    alone = lambda m: [entry(0, bytes(32), m, 0)]
    cases = [
        case("honest", five, head, "Valid"),
        case("nobody in particular expected", five, head, "Valid", expected=None),
        case("entries behind the head", five, note(five, 4), "Valid"),
        case("an unknown kind", log_of(payloads[:3], [0, 9, 65535]), note(log_of(payloads[:3], [0, 9, 65535])), "Valid"),
        case("another signature beside", five, head + f"\u2014 witness.example {b64(bytes(68))}\n", "Valid"),
        case("no head", five, None, open_, ("checkpoint", open_)),
        case("no entry", [], note([]), open_, ("checkpoint", open_), ("entry 0", open_)),
        case("entries missing at the end", five[:4], head, open_, ("checkpoint", open_)),
        case("another node's log", five, head, bad, ("entry 0", bad), expected=other.id),
        case("a bit of a payload", sub(3, five[3][:150] + bytes([five[3][150] ^ 1]) + five[3][151:]), head, bad, ("entry 3", bad), ("entry 4", bad), ("checkpoint", bad)),
        case("an entry out", five[:2] + five[3:], note(five[:2] + five[3:]), bad, ("entry 2", bad), ("entry 3", bad), ("entry 4", bad)),
        case("two exchanged", five[:4] + [five[5], five[4]], head, bad, ("entry 4", bad), ("entry 5", bad), ("checkpoint", bad)),
        case("not spelled as an entry", sub(5, b"\x92\xc4"), note(sub(5, b"\x92\xc4")), bad, ("entry 5", bad)),
        case("a later version", sub(5, entry(5, prev(5), b"five", version=2)), note(sub(5, entry(5, prev(5), b"five", version=2))), open_, ("entry 5", open_)),
        case("a foreign key's signature", sub(5, entry(5, prev(5), b"five", key=other)), note(sub(5, entry(5, prev(5), b"five", key=other))), bad, ("entry 5", bad)),
        case("the time stands still", sub(5, entry(5, prev(5), b"five", time=ENTRY_TIME + 40)), note(sub(5, entry(5, prev(5), b"five", time=ENTRY_TIME + 40))), bad, ("entry 5", bad)),
        case("a second manifest", sub(5, entry(5, prev(5), b"five", 0)), note(sub(5, entry(5, prev(5), b"five", 0))), bad, ("entry 5", bad)),
        case("a payload twice", log_of(payloads[:3] + [b"one"]), note(log_of(payloads[:3] + [b"one"])), bad, ("entry 3", bad)),
        case("rewritten from an entry on", log_of(payloads[:3] + [b"another", b"four", b"five"]), head, bad, ("checkpoint", bad)),
        case("a head by a foreign key", five, note(five, key=other), bad, ("checkpoint", bad)),
        case("a head of another log", five, note(five, origin=origin_of(LEDGER_NETWORK, NODE.id, 2)), bad, ("checkpoint", bad)),
        case("a head under another name", five, note(five, name="somebody"), bad, ("checkpoint", bad)),
        case("no note", five, "hello\n", bad, ("checkpoint", bad)),
        case("a manifest signed by another", alone(manifest(other)), note(alone(manifest(other))), bad, ("entry 0", bad)),
        case("a manifest with another origin", alone(manifest(origin=ORIGIN[:-1] + "2")), note(alone(manifest(origin=ORIGIN[:-1] + "2"))), bad, ("entry 0", bad), ("checkpoint", bad)),
        case("no manifest", alone(b"hello"), note(alone(b"hello")), bad, ("entry 0", bad), ("checkpoint", open_)),
    ]
    body = enc([1, 0, bytes(32), 0, 0, b""])
    plain = note(good)
    refused = [
        ("something after it", good[0] + b"\0"), ("a body of five", signed(LOG, *ENTRY, enc([1, 0, bytes(32), 0, 0]))), ("a previous of 31 bytes", signed(LOG, *ENTRY, enc([1, 0, bytes(31), 0, 0, b""]))),
        ("kind 65536", signed(LOG, *ENTRY, enc([1, 0, bytes(32), 0, 65536, b""]))), ("sequence 2^63", signed(LOG, *ENTRY, enc([1, 1 << 63, bytes(32), 0, 1, b""]))),
        ("a signature of 63 bytes", enc([body, bytes(63)])), ("a long spelling", b"\xdc\0\2" + enc([body, bytes(64)])[1:]),
    ]
    lines = plain.split("\n")
    signature = lines[4]
    notes = [
        ("no signature", "\n".join(lines[:4]) + "\n"), ("no newline at the end", plain[:-1]), ("size with a zero before it", note(good, text=f"{ORIGIN}\n05\n{lines[2]}\n")),
        ("a negative size", note(good, text=f"{ORIGIN}\n-5\n{lines[2]}\n")), ("a root of 31 bytes", note(good, text=f"{ORIGIN}\n5\n{b64(bytes(31))}\n")), ("a root without padding", note(good, text=f"{ORIGIN}\n5\n{lines[2].rstrip('=')}\n")),
        ("two lines", note(good, text=f"{ORIGIN}\n5\n")), ("an origin with a space", note(good, text=f"a b\n5\n{lines[2]}\n")), ("a hyphen for the dash", plain.replace("\u2014", "-")),
        ("a carriage return", plain.replace("\n5\n", "\n5\r\n")), ("a signature of no bytes", plain.replace(signature, f"\u2014 {ORIGIN} {b64(bytes(4))}")), ("a word too many", plain.replace(signature, signature + " x")),
    ]
    return {
        "identitySeed": NODE.seed.hex(), "network": LEDGER_NETWORK, "epoch": 1, "origin": ORIGIN, "logKey": LOG.id.hex(), "witnessKey": WITNESS.id.hex(),
        "noteKeyId": sha(ORIGIN.encode() + b"\n\1" + LOG.id)[:4].hex(),
        "log": [{"kind": 0 if i == 0 else 1, "time": ENTRY_TIME + 10 * i, "payload": p.hex() if len(p) < 1000 else None, "payloadRepeat": None if len(p) < 1000 else [p[:1].hex(), len(p)],
                 "payloadDigest": sha(p).hex(), "entry": e.hex() if len(e) < 1000 else None, "entryDigest": sha(e).hex(), "leafHash": h.hex(), "head": note(good, i + 1)}
                for i, (p, e, h) in enumerate(zip(payloads, good, leaf))],
        "emptyHead": note([]),
        "refusedEntries": [{"what": w, "bytes": e.hex()} for w, e in refused],
        "refusedNotes": [{"what": w, "note": n} for w, n in notes],
        "checks": cases,
    }


# ---- node vectors

def node():
    job = bytes(range(16))
    messages = [
        ("get head", [0]), ("get entries", [1, 0, 256]), ("get entries", [1, (1 << 63) - 1, (1 << 31) - 1]), ("get trace", [2, job, 1, 63, 1 << 20]),
        ("head", [3, note(log_of([manifest()])).encode()]), ("entries", [4, 0, []]), ("entries", [4, 7, [b"one", b"", b"\x92" * 300]]),
        ("trace part", [5, 1000, 990, bytes(10)]), ("trace part", [5, 0, 0, b""]), ("refused", [6, 2, "This node keeps no such trace."]), ("refused", [6, 4, ""]),
    ]
    refused = [
        ("another version", enc([2, 0])), ("an unknown type", enc([1, 7])), ("a field too many", enc([1, 0, 0])), ("a field too few", enc([1, 1, 0])), ("something after it", enc([1, 0]) + b"\0"),
        ("a sequence of 2^63", enc([1, 1, 1 << 63, 1])), ("2^31 entries", enc([1, 1, 0, 1 << 31])), ("a job of 15 bytes", enc([1, 2, job[:15], 0, 0, 0])), ("stage 64", enc([1, 2, job, 0, 64, 0])),
        ("an offset beyond 2^26", enc([1, 2, job, 0, 0, (1 << 26) + 1])), ("257 entries", enc([1, 4, 0, [b""] * 257])), ("an entry of 65536 bytes", enc([1, 4, 0, [bytes(65536)]])),
        ("a part beyond the trace", enc([1, 5, 10, 5, bytes(6)])), ("an offset beyond the trace", enc([1, 5, 10, 11, b""])), ("code 0", enc([1, 6, 0, ""])), ("code 5", enc([1, 6, 5, ""])), ("text of 513 bytes", enc([1, 6, 1, "x" * 513])),
    ]
    show = lambda v: v.hex() if isinstance(v, bytes) else [show(x) for x in v] if isinstance(v, list) else str(v)
    return {"messages": [{"message": m, "fields": show(f[1:]), "bytes": enc([1, *f]).hex()} for m, f in messages],
            "refused": [{"what": w, "bytes": b.hex() if len(b) < 2000 else None, "entryBytes": None if len(b) < 2000 else 65536} for w, b in refused]}


FILES = (("wire", "vectors", wire), ("provenance", "vectors", provenance), ("ledger", "vectors", ledger), ("node", "messages", node))
for folder, name, make in FILES:
    (HERE / folder).mkdir(exist_ok=True)
    (HERE / folder / f"{name}.json").write_text(json.dumps(make(), indent=1, ensure_ascii=True) + "\n")
