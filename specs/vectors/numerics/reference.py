"""Writes specs/vectors/numerics and specs/vectors/model: a second engine, slow and plain, from specs/model.md, numerics.md and sampling.md alone.

Not needed to build or test anything; the tests read the files it wrote. Nothing but Python's own library.
Run: python3 specs/vectors/numerics/reference.py   (two minutes)
"""
import hashlib, json, math, operator, pathlib, random, struct
from array import array

HERE = pathlib.Path(__file__).parent
MODEL = HERE.parent.parent.parent / "src/Aria.Engine/Models/BuiltIn/aria-tiny.gguf"
SPEC = "ARIA-NUM-1"

# Python computes in f64. Rounding an f64 sum, product, quotient or root of two f32 to f32 gives the f32 operation (53 >= 2 * 24 + 2).


def f32(x):
    return array("f", (x,))[0]


def f32s(xs):
    return array("f", xs)


def bits(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def of_bits(h, kind="f"):
    return struct.unpack(">" + kind, bytes.fromhex(h))[0]


def f16(x):
    return struct.unpack("<e", struct.pack("<e", x))[0]      # raises where it is not finite


# ---- wire.md §1

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
        return (bytes([0xa0 | len(u)]) if len(u) < 32 else b"\xd9" + bytes([len(u)])) + u
    if isinstance(v, bytes):
        n = len(v)
        return (b"\xc4" + bytes([n]) if n < 256 else b"\xc5" + struct.pack(">H", n)) + v
    n = len(v)
    return (bytes([0x90 | n]) if n < 16 else b"\xdc" + struct.pack(">H", n)) + b"".join(map(enc, v))


# ---- model.md §1, §2

class Gguf:
    def __init__(self, data):
        self.data, self.at = data, 0
        assert self.take(4) == b"GGUF" and self.number("I") == 3
        tensors, pairs = self.number("Q"), self.number("Q")
        self.meta = {}
        for _ in range(pairs):
            key = self.text()
            self.meta[key] = self.value(self.number("I"))
        infos = []
        for _ in range(tensors):
            name = self.text()
            dims = [self.number("Q") for _ in range(self.number("I"))]
            infos.append((name, dims, self.number("I"), self.number("Q")))
        alignment = self.meta.get("general.alignment", 32)
        start = -(-self.at // alignment) * alignment
        self.tensors = {name: (dims[0], math.prod(dims[1:]), kind, start + offset) for name, dims, kind, offset in infos}

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def text(self):
        return self.take(self.number("Q")).decode()

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            inner, n = self.number("I"), self.number("Q")
            return [self.value(inner) for _ in range(n)]
        return self.number({0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}[kind])

    def floats(self, name):
        columns, rows, kind, at = self.tensors[name]
        form, size = {0: ("f", 4), 1: ("e", 2)}[kind]
        flat = struct.unpack(f"<{columns * rows}{form}", self.data[at:at + size * columns * rows])
        return [flat[r * columns:(r + 1) * columns] for r in range(rows)]

    def ternary(self, name):
        columns, rows, kind, at = self.tensors[name]
        assert kind == 36
        n = columns * rows
        codes = bytearray(n)
        for e in range(n):
            block, r = divmod(e, 128)
            codes[e] = self.data[at + 32 * block + r % 32] >> (6 - 2 * (r // 32)) & 3
        scale = struct.unpack("<f", self.data[at + n // 4:at + n // 4 + 4])[0]
        return scale, [codes[r * columns:(r + 1) * columns] for r in range(rows)]


PARTS = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_sub_norm", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_sub_norm", "ffn_down"]


def part_bytes(g, name):
    columns, rows, kind, at = g.tensors[name]
    head = struct.pack("<BII", kind, rows, columns)
    if kind == 36:
        scale, codes = g.ternary(name)
        flat = b"".join(codes)
        return head + struct.pack("<f", scale) + bytes(a | b << 2 | c << 4 | d << 6 for a, b, c, d in zip(flat[::4], flat[1::4], flat[2::4], flat[3::4]))
    return head + g.data[at:at + {0: 4, 1: 2}[kind] * columns * rows]


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def manifest(g):
    m = g.meta
    t = lambda key: m.get("tokenizer.ggml." + key)
    text = lambda s: None if s is None else s.encode()
    texts = lambda s: None if s is None else [x.encode() for x in s]
    tokenizer = sha(enc([text(t("model")), text(t("pre")), texts(t("tokens")), t("token_type"), None if t("scores") is None else [bits(x) for x in t("scores")], texts(t("merges")),
                         t("bos_token_id"), t("eos_token_id"), t("eot_token_id"), t("unknown_token_id"), t("add_space_prefix"), t("remove_extra_whitespaces")]))
    a = m["general.architecture"]
    h = lambda key: m[f"{a}.{key}"]
    heads = h("attention.head_count")
    shape = [h("block_count"), h("embedding_length"), heads, h("attention.head_count_kv"), h("embedding_length") // heads, h("feed_forward_length"), g.tensors["token_embd.weight"][1],
             h("context_length"), bits(h("rope.freq_base")), bits(h("attention.layer_norm_rms_epsilon")), 0, 0, True, "output.weight" not in g.tensors]
    layers = [sha(*(part_bytes(g, f"blk.{n}.{p}.weight") for p in PARTS)) for n in range(shape[0])]
    template = m.get("tokenizer.chat_template")
    return [1, SPEC, shape, tokenizer, template and sha(template.encode()), sha(part_bytes(g, "token_embd.weight")), layers, sha(part_bytes(g, "output_norm.weight")), None]


# ---- numerics.md §1 to §5

def lane_sum(products, n=32):
    lanes = array("f", [0.0] * n)
    for i in range(0, len(products), n):
        chunk = products[i:i + n]
        lanes = f32s(map(operator.add, lanes, chunk)) if len(chunk) == n else f32s([lanes[j] + chunk[j] if j < len(chunk) else lanes[j] for j in range(n)])
    while n > 1:
        n //= 2
        lanes = f32s(map(operator.add, lanes[:n], lanes[n:]))
    return lanes[0]


def rms_norm(x, w, eps):
    lanes = [0.0] * 8
    for i, v in enumerate(x):
        lanes[i % 8] += v * v
    n = 8
    while n > 1:
        n //= 2
        lanes = [lanes[j] + lanes[j + n] for j in range(n)]
    mean = f32(lanes[0] / len(x))
    r = f32(1 / f32(math.sqrt(f32(mean + eps))))
    return f32s(map(operator.mul, f32s(v * r for v in x), w))


def quantise(x):
    assert all(map(math.isfinite, x))
    a = max(max(map(abs, x)), of_bits("3727c5ac"))
    s = f32(127 / a)
    return [max(-127, min(127, round(v))) for v in f32s(v * s for v in x)], s     # round() takes ties to even


def product(matrix, q, s):
    scale, rows = matrix
    total = sum(q)
    c = f32(scale / s)
    return f32s((sum(map(operator.mul, row, q)) - total) * c for row in rows)


LOG2E, C1, C2 = of_bits("3fb8aa3b"), of_bits("3f318000"), of_bits("b95e8083")
A = [of_bits(h) for h in ("39506967", "3ab743ce", "3c088908", "3d2aa9c1", "3e2aaaaa", "3f000000")]


def exp32(x):
    if x < -87:
        return 0.0
    x = min(x, 88.0)
    k = f32(f32(f32(x * LOG2E) + 12582912) - 12582912)
    r = f32(f32(x - f32(k * C1)) - f32(k * C2))
    p = A[0]
    for a in A[1:]:
        p = f32(f32(p * r) + a)
    p = f32(f32(f32(p * f32(r * r)) + r) + 1)
    return f32(math.ldexp(p, int(k)))


D = lambda h: of_bits(h, "d")


def exp64(x):       # sampling.md §3
    if x < -700:
        return 0.0
    w = round(x * D("3ff71547652b82fe"))
    r = (x - w * D("3fe62e42fee00000")) - w * D("3dea39ef35793c76")
    s = 1 / math.factorial(13)
    for i in range(12, -1, -1):
        s = s * r + 1 / math.factorial(i)
    return math.ldexp(s, w)


def log64(theta):
    f, e = math.frexp(theta)
    if f < D("3fe6a09e667f3bcd"):
        f, e = 2 * f, e - 1
    z = (f - 1) / (f + 1)
    u, s = z * z, 0.0
    for n in range(23, 0, -2):
        s = s * u + 1 / n
    return e * D("3fe62e42fefa39ef") + (2 * z) * s


def sine_cosine(a):
    k = round(a * D("3fe45f306dc9c883"))
    r = ((a - k * D("3ff921fb54400000")) - k * D("3dd0b4611a600000")) - k * D("3ba3198a2e037073")
    u, s, c = r * r, 0.0, 0.0
    for n in range(18, 0, -2):
        s, c = 1 / math.factorial(n + 1) - u * s, 1 / math.factorial(n) - u * c
    s, c = r * (1 - u * s), 1 - u * c
    return [(s, c), (c, -s), (-s, -c), (-c, s)][k % 4]


def rope_row(theta, h, p):
    log = log64(theta)
    pairs = [sine_cosine(p * exp64(-((2 * i / h) * log))) for i in range(h // 2)]
    return f32s(c for _, c in pairs), f32s(s for s, _ in pairs)


def turn(x, cos, sin, neighbours):
    half = len(x) // 2
    a, b = (x[::2], x[1::2]) if neighbours else (x[:half], x[half:])
    a, b = [f32(f32(p * c) - f32(q * s)) for p, q, c, s in zip(a, b, cos, sin)], [f32(f32(p * s) + f32(q * c)) for p, q, c, s in zip(a, b, cos, sin)]
    return f32s([v for pair in zip(a, b) for v in pair] if neighbours else a + b)


# ---- numerics.md §6, §7

class Model:
    """What an engine needs: sizes, rows of numbers, and for each layer its parts by name."""
    silu = neighbours = False
    sub_norms = True


def tiny(g):
    m = Model()
    h = lambda key: g.meta[g.meta["general.architecture"] + "." + key]
    m.layers, m.heads, m.kv = h("block_count"), h("attention.head_count"), h("attention.head_count_kv")
    m.h, m.theta, m.eps = h("embedding_length") // m.heads, h("rope.freq_base"), h("attention.layer_norm_rms_epsilon")
    m.embedding, m.norm = g.floats("token_embd.weight"), g.floats("output_norm.weight")[0]
    m.head_rows = m.embedding
    m.w = [{p: g.floats(f"blk.{n}.{p}.weight")[0] if p.endswith("norm") else g.ternary(f"blk.{n}.{p}.weight") for p in PARTS} for n in range(m.layers)]
    return m


class XorShift:
    def __init__(self, seed):
        self.x = (seed * 2654435761) % (1 << 32) | 1

    def next(self):
        self.x ^= self.x << 13 & 0xffffffff
        self.x ^= self.x >> 17
        self.x ^= self.x << 5 & 0xffffffff
        return self.x


def signed(byte):
    return byte - 256 if byte > 127 else byte


def block_row(kind, d, block):      # model.md §2, numerics.md §2
    if kind == "Q8_0":
        return [f32(d * signed(q)) for q in block[2:]]
    row = []
    for e in range(256):
        a, b, m = e // 128, e // 32 % 4, e % 32
        low = block[64 * a + 32 * (b % 2) + m]
        q = (low & 15 if b < 2 else low >> 4) | (block[128 + 32 * a + m] >> 2 * b & 3) << 4
        row.append(f32(f32(d * signed(block[192 + e // 16])) * (q - 32)))
    return row


def random_rows(rng, kind, rows, columns):
    n = rows * columns
    if kind in ("F32", "F16", "BF16"):
        flat = [((rng.next() >> 8) - (1 << 23)) / (1 << 22) for _ in range(n)]
        if kind == "F16":
            flat = [f16(v) for v in flat]
        if kind == "BF16":
            flat = [struct.unpack("<f", struct.pack("<I", bits(v) & 0xffff0000))[0] for v in flat]
    else:
        elements, size = (32, 34) if kind == "Q8_0" else (256, 210)
        data = [rng.next() >> 24 for _ in range(n // elements * size)]
        scales = [f16((rng.next() >> 21) / 131072) for _ in range(n // elements)]
        flat = [v for i, d in enumerate(scales) for v in block_row(kind, d, data[i * size:(i + 1) * size])]
    return [flat[r * columns:(r + 1) * columns] for r in range(rows)]


def nano(c):
    """The random model of a case: the draws in this order."""
    rng, m = XorShift(c["seed"]), Model()
    dim, ff, width, kv_width = c["dim"], c["feed_forward"], c["heads"] * c["head_dim"], c["kv_heads"] * c["head_dim"]
    m.layers, m.heads, m.kv, m.h, m.theta, m.eps = c["layers"], c["heads"], c["kv_heads"], c["head_dim"], 10000.0, of_bits("3727c5ac")
    m.silu, m.neighbours, m.sub_norms = c["architecture"] != "bitnet-25", c["architecture"] == "llama", c["architecture"] != "llama"
    norm = lambda n: [0.5 + (rng.next() >> 16) / 65536 for _ in range(n)]
    ternary = lambda rows, columns: (0.0625, [[(rng.next() >> 8) % 3 for _ in range(columns)] for _ in range(rows)])
    m.embedding = random_rows(rng, c["numbers"], c["vocabulary"], dim)
    m.norm = norm(dim)
    m.head_rows = m.embedding if c["tied"] else random_rows(rng, c["numbers"], c["vocabulary"], dim)
    m.w = []
    for _ in range(m.layers):
        w = {"attn_norm": norm(dim), "attn_q": ternary(width, dim), "attn_k": ternary(kv_width, dim), "attn_v": ternary(kv_width, dim), "attn_output": ternary(dim, width),
             "ffn_norm": norm(dim), "ffn_gate": ternary(ff, dim), "ffn_up": ternary(ff, dim), "ffn_down": ternary(dim, ff)}
        if m.sub_norms:
            w["attn_sub_norm"], w["ffn_sub_norm"] = norm(width), norm(ff)
        m.w.append(w)
    return m


class Engine:
    def __init__(self, m):
        self.__dict__.update(Model.__dict__ | m.__dict__)
        self.keys, self.values = [[] for _ in self.w], [[] for _ in self.w]
        self.scale = f32(1 / f32(math.sqrt(self.h)))
        self.note = lambda name, values: None       # told every step of a layer by its name

    def split(self, x):
        return [x[i:i + self.h] for i in range(0, len(x), self.h)]

    def layer(self, n, x, p):
        w = self.w[n]
        cos, sin = rope_row(self.theta, self.h, p)
        note = self.note
        n1 = rms_norm(x, w["attn_norm"], self.eps)
        q8, s = quantise(n1)
        note("attn_norm", n1), note("attn_q8", q8), note("attn_s", [s])
        q = [[f16(v) for v in turn(head, cos, sin, self.neighbours)] for head in self.split(product(w["attn_q"], q8, s))]
        self.keys[n].append([[f16(v) for v in turn(head, cos, sin, self.neighbours)] for head in self.split(product(w["attn_k"], q8, s))])
        self.values[n].append([[f16(v) for v in head] for head in self.split(product(w["attn_v"], q8, s))])
        note("q", sum(q, [])), note("k", sum(self.keys[n][-1], [])), note("v", sum(self.values[n][-1], []))
        out = []
        for j in range(self.heads):
            kv = j // (self.heads // self.kv)
            scores = [f32(lane_sum(list(map(operator.mul, q[j], key[kv]))) * self.scale) for key in self.keys[n]]
            top = max(scores)
            e = [f16(exp32(f32(score - top))) for score in scores]
            d = f32(sum(e))
            note("scores", scores), note("weights", e), note("weight_sum", [d])
            acc = array("f", [0.0] * self.h)
            for weight, value in zip(e, self.values[n]):
                acc = f32s(a + weight * v for a, v in zip(acc, value[kv]))
            out.extend(f32(a / d) for a in acc)
        note("attended", out)
        out = rms_norm(out, w["attn_sub_norm"], self.eps) if self.sub_norms else out
        note("attn_sub_norm", out)
        x = f32s(map(operator.add, x, product(w["attn_output"], *quantise(out))))
        note("middle", x)
        n2 = rms_norm(x, w["ffn_norm"], self.eps)
        q8, s = quantise(n2)
        gate, up = product(w["ffn_gate"], q8, s), product(w["ffn_up"], q8, s)
        note("ffn_norm", n2), note("gate", gate), note("up", up)
        b = f32s(g / f32(1 + exp32(-g)) for g in gate) if self.silu else f32s(b * b for b in (g if g > 0 else 0.0 for g in gate))
        a = f32s(map(operator.mul, b, up))
        note("gated", a)
        a = rms_norm(a, w["ffn_sub_norm"], self.eps) if self.sub_norms else a
        note("ffn_sub_norm", a)
        x = f32s(map(operator.add, x, product(w["ffn_down"], *quantise(a))))
        note("x", x)
        return x

    def boundaries(self, token, p):
        x = f32s(self.embedding[token])
        yield x
        for n in range(self.layers):
            x = self.layer(n, x, p)
            assert all(map(math.isfinite, x))
            yield x

    def head(self, x, count):
        y = [f16(v) for v in rms_norm(x, self.norm, self.eps)]
        logits = [lane_sum(f32s(map(operator.mul, row, y))) for row in self.head_rows]
        return sorted(enumerate(logits), key=lambda c: (-c[1], c[0]))[:count]


def write(path, value):
    (HERE / path).write_text(json.dumps(value, indent=1) + "\n")


def hexes(xs):
    return "".join(f"{bits(x):08x}" for x in xs)


def steps():
    rng = random.Random(20261126)
    some = lambda n, spread: f32s(rng.uniform(-spread, spread) for _ in range(n))
    exps = f32s([-87.5, -87.0, -50.25, -20.1, -10.0, -3.3333333, -1.0, -0.6931472, -0.1, -1e-5, 0.0, 0.3, 1.0, 10.5, 87.9, 88.0, 99.0] + [rng.uniform(-87, 88) for _ in range(200)])
    sums = [some(n, 8.0) for n in (1, 31, 32, 33, 100, 256, 1000)]
    norms = [(some(n, 3.0), some(n, 1.5)) for n in (8, 100, 256, 513)]
    rows = [some(n, 5.0) for n in (8, 100, 256)]
    ropes = [(10000.0, 32, 0), (10000.0, 32, 511), (500000.0, 128, 4095), (1000042.0, 256, 8191), (10000.0, 100, 2047)]
    halves = f32s([0.0, -0.0, 1.0, 65504.0, 65519.99, 2.0 ** -14, 2.0 ** -24, 2.0 ** -25, 1.5 * 2.0 ** -24, 2.0 ** -26, 1.00048828125, 1.00146484375, -0.333333] + [rng.uniform(-9, 9) * 2.0 ** rng.randint(-24, 8) for _ in range(100)])
    products = []
    for high, wide in ((4, 128), (3, 384)):
        q = [rng.randint(-127, 127) for _ in range(wide)]
        t = [[rng.randint(-1, 1) for _ in range(wide)] for _ in range(high)]
        w, s = f32(rng.uniform(0.01, 0.2)), f32(rng.uniform(5, 90))
        products.append({"t": ["".join("-0+"[v + 1] for v in row) for row in t], "q": " ".join(map(str, q)), "w": f"{bits(w):08x}", "s": f"{bits(s):08x}", "y": hexes(product((w, [[v + 1 for v in row] for row in t]), q, s))})
    gates = [(some(40, 12.0), some(40, 3.0)) for _ in range(2)]
    gates[0][0][:3] = f32s([0.0, -0.0, -88.5])
    turns = [(some(h, 4.0), *rope_row(10000.0, h, p)) for h, p in ((32, 7), (100, 63), (128, 500))]
    blocks = []
    for kind, size, at in (("Q8_0", 34, 0), ("Q6_K", 210, 208)):
        for d in (0.0123, -1.5, 2.0 ** -20):
            data, half = [rng.randint(0, 255) for _ in range(size)], struct.pack("<e", d)
            data[at:at + 2] = half
            blocks.append({"type": kind, "block": bytes(data).hex(), "y": hexes(block_row(kind, struct.unpack("<e", half)[0], data))})
    logits = [(some(n, 2.0), [f16(v) for v in some(n, 6.0)]) for n in (96, 160, 256)]
    write("steps.json", {
        "note": "numbers are f32 bits, eight hexadecimal digits each, run together",
        "exponential": {"x": hexes(exps), "y": hexes(map(exp32, exps))},
        "lane_sum": [{"x": hexes(x), "sum": f"{bits(lane_sum(x)):08x}"} for x in sums],
        "rms_norm": [{"x": hexes(x), "w": hexes(w), "eps": "3727c5ac", "y": hexes(rms_norm(x, w, of_bits("3727c5ac")))} for x, w in norms],
        "eight_bits": [{"x": hexes(x), "q": q, "s": f"{bits(s):08x}"} for x in rows for q, s in [quantise(x)]],
        "f16": {"x": hexes(halves), "y": hexes(map(f16, halves))},
        "ternary_product": products,
        "relu_squared": [{"gate": hexes(g), "up": hexes(u), "y": hexes(f32(f32((a if a > 0 else 0.0) ** 2) * b) for a, b in zip(g, u))} for g, u in gates],
        "silu": [{"gate": hexes(g), "up": hexes(u), "y": hexes(f32(f32(a / f32(1 + exp32(-a))) * b) for a, b in zip(g, u))} for g, u in gates],
        "rope": [{"theta": f"{bits(theta):08x}", "head_dim": h, "position": p, "cos": hexes(c), "sin": hexes(s)} for theta, h, p in ropes for c, s in [rope_row(theta, h, p)]],
        "turn": [{"cos": hexes(c), "sin": hexes(s), "x": hexes(x), "halves": hexes(turn(x, c, s, False)), "neighbours": hexes(turn(x, c, s, True))} for x, c, s in turns],
        "row": blocks,
        "logit": [{"w": hexes(w), "y": hexes(y), "logit": f"{bits(lane_sum(f32s(map(operator.mul, w, y)))):08x}"} for w, y in logits],
    })


def transcript(engine, tokens, count):
    digest = hashlib.sha256()
    for p, token in enumerate(tokens):
        for row in engine.boundaries(token, p):
            digest.update(row.tobytes())
        best = engine.head(row, count)
        digest.update(b"".join(struct.pack("<If", *c) for c in best))
    return digest.hexdigest()


def architectures():
    cases = []
    for case in (
        dict(architecture="bitnet-25", layers=2, dim=128, heads=4, kv_heads=2, head_dim=32, feed_forward=256, numbers="F16", tied=True),
        dict(architecture="llama", layers=2, dim=256, heads=4, kv_heads=1, head_dim=64, feed_forward=384, numbers="F32", tied=False),
        dict(architecture="bitnet", layers=2, dim=384, heads=4, kv_heads=4, head_dim=96, feed_forward=128, numbers="BF16", tied=True),
        dict(architecture="bitnet-b1.58", layers=2, dim=160, heads=8, kv_heads=2, head_dim=100, feed_forward=640, numbers="Q8_0", tied=False),
        dict(architecture="llama", layers=1, dim=256, heads=2, kv_heads=2, head_dim=128, feed_forward=256, numbers="Q6_K", tied=False),
    ):
        case = dict(case, seed=len(cases) + 1, vocabulary=24, tokens=[(7 * i + 3) % 24 for i in range(20)], candidates=24)
        cases.append(dict(case, digest=transcript(Engine(nano(case)), case["tokens"], case["candidates"])))
    write("architectures.json", cases)
    layers(cases)


def layers(cases):
    """Every step of the first layer of two of the models at the positions 0 to 2."""
    found = []
    for case in cases[:2]:
        engine, positions = Engine(nano(case)), []
        for p, token in enumerate(case["tokens"][:3]):
            steps = {}
            engine.note = lambda name, values: steps.setdefault(name, []).append(" ".join(map(str, values)) if name == "attn_q8" else hexes(values))
            x = f32s(engine.embedding[token])
            engine.layer(0, x, p)
            positions.append({"token": token, "embedding": hexes(x)} | {name: values if name in ("scores", "weights", "weight_sum") else values[0] for name, values in steps.items()})
        found.append({"case": case["seed"], "layer": 0, "positions": positions})
    write("layers.json", {"note": "numbers are f32 bits, eight hexadecimal digits each, run together; case is the seed of a model in architectures.json; scores, weights and weight_sum are by query head", "layers": found})


def main():
    architectures()
    g = Gguf(MODEL.read_bytes())
    m = manifest(g)
    write("../model/aria-tiny.json", {"id": sha(enc(m)).hex(), "manifest": enc(m).hex(), "layers": [d.hex() for d in m[6]], "tokenizer": m[3].hex()})
    steps()
    engine, digest, count = Engine(tiny(g)), hashlib.sha256(), 16
    prompt, tokens, p, each = [0, 424, 439, 263, 400], [], 0, []
    while len(tokens) < 96:
        token = prompt[p] if p < len(prompt) else best[0][0]
        rows = [row.tobytes() for row in engine.boundaries(token, p)]
        best = engine.head(array("f", struct.unpack(f"<{len(rows[-1]) // 4}f", rows[-1])), count)
        for row in rows:
            digest.update(row)
        answer = b"".join(struct.pack("<If", *c) for c in best)
        digest.update(answer)
        each.append(sha(*rows, answer).hex())
        tokens.append(token)
        p += 1
    write("transcript.json", {"model": "aria-tiny", "numeric_spec": SPEC, "tokens": tokens, "candidates": count, "digest": digest.hexdigest(), "positions": each})
    print(digest.hexdigest())


if __name__ == "__main__":
    main()
