"""Writes specs/vectors/sampling/generation.json: whole generations of the default model with penalties, biases and log-sums, from specs/numerics.md and sampling.md alone.

Not needed to build or test anything; the tests read the file it wrote. Nothing but Python's own library and ../numerics/reference.py.
Run: python3 specs/vectors/sampling/reference.py   (under a minute)
"""
import hashlib, importlib.util, json, math, pathlib, struct
from array import array

HERE = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("numerics", HERE.parent / "numerics/reference.py")
n = importlib.util.module_from_spec(spec)
spec.loader.exec_module(n)


# ---- §5; f32 of an f64 operation on two f32 is the f32 operation, and a count below 2^24 is exact

def adjusted(logits, history, answer_from, c):
    x = list(logits)
    r, f, s = c["repetition"], c["frequency"], c["presence"]
    if (r, f, s) != (1.0, 0.0, 0.0):
        for token in set(history):
            count = history[answer_from:].count(token)
            v = n.f32(x[token] / r) if x[token] > 0 else n.f32(x[token] * r)
            v = n.f32(v - n.f32(count * f))
            x[token] = n.f32(v - s) if count > 0 else v
    for token, bias in c["biases"]:
        if token < len(x):
            x[token] = n.f32(x[token] + bias)
    return x


# ---- §6

def log(s):
    e = math.frexp(s)[1] - 1
    m = s / 2.0 ** e
    if m > n.of_bits("3ff6a09e667f3bcd", "d"):
        m, e = m * 0.5, e + 1
    q = (m - 1) / (m + 1)
    z = q * q
    t = 1 / 23
    for k in range(21, 0, -2):
        t = t * z + 1 / k
    return e * n.of_bits("3fe62e42fee00000", "d") + (e * n.of_bits("3dea39ef35793c76", "d") + (2 * q) * t)


def log_sum(x):
    best, total = max(x), 0.0
    for v in x:
        total += n.exp64(v - best)
    return n.f32(best + log(total))


# ---- §2, §4

def uniform(seed, position):
    return (int.from_bytes(hashlib.sha256(b"aria/sample/1" + struct.pack("<QQ", seed, position)).digest()[:8], "big") >> 11) / 2 ** 53


def choose(candidates, c, position):
    if c["temperature"] == 0:
        return candidates[0][0]
    kept, sums, total = candidates[:c["top_k"] or 256], [], 0.0
    for token, logit in kept:
        weight = n.exp64((logit - kept[0][1]) / c["temperature"])
        if weight < c["min_p"]:
            break
        total += weight
        sums.append(total)
    if c["top_p"] < 1:
        mass = c["top_p"] * sums[-1]
        sums = sums[:next((i for i, v in enumerate(sums) if v >= mass), len(sums) - 1) + 1]
    threshold = uniform(c["seed"], position) * sums[-1]
    return kept[next((i for i, v in enumerate(sums) if v > threshold), len(sums) - 1)][0]


def generation(model, prompt, count, c):
    engine, known, answers = n.Engine(model), list(prompt), []
    for position in range(len(prompt) + count - 1):
        *_, row = engine.boundaries(known[position], position)
        if position < len(prompt) - 1:
            continue
        logits = [logit for _, logit in sorted(engine.head(array("f", row), len(engine.head_rows)))]
        x = adjusted(logits, known[:position + 1], len(prompt), c)
        wanted = 256 if c["temperature"] else max(1, c["logprobs"])
        best = sorted(enumerate(x), key=lambda one: (-one[1], one[0]))[:wanted]
        known.append(choose(best, c, position + 1))
        answers.append({"candidates": hashlib.sha256(b"".join(struct.pack("<If", *one) for one in best)).hexdigest(),
                        "log_sum": f"{n.bits(log_sum(x)):08x}" if c["logprobs"] else None, "token": known[-1]})
    return answers


def case(name, count, temperature=0.0, top_k=0, top_p=1.0, min_p=0.0, seed=0, repetition=1.0, frequency=0.0, presence=0.0, biases=(), logprobs=0):
    c = {"temperature": n.f32(temperature), "top_k": top_k, "top_p": n.f32(top_p), "min_p": n.f32(min_p), "seed": seed, "repetition": n.f32(repetition),
         "frequency": n.f32(frequency), "presence": n.f32(presence), "biases": [[token, n.f32(bias)] for token, bias in biases], "logprobs": logprobs}
    return name, count, c


def main():
    g = n.Gguf(n.MODEL.read_bytes())
    prompt, out = [0, 424, 439, 263, 400], []           # "Once upon a time"
    for name, count, c in (
        case("greedy with a repetition penalty", 16, repetition=1.3),
        case("greedy, every penalty, five log-probabilities", 16, repetition=1.15, frequency=0.5, presence=0.25, logprobs=5),
        case("sampled, what stands is wanted more, with biases", 16, temperature=0.9, top_p=0.95, seed=4711, repetition=0.8, frequency=-0.4, presence=-1, biases=((263, -100), (300, 2.5)), logprobs=1),
        case("sampled with every filter", 12, temperature=1.4, top_k=80, top_p=0.9, min_p=0.02, seed=1 << 63, frequency=1.5, logprobs=20),
    ):
        floats = {k: f"{n.bits(v):08x}" for k, v in c.items() if isinstance(v, float)}
        answers = generation(n.tiny(g), prompt, count, c)
        out.append({"name": name, **c, **floats, "seed": str(c["seed"]), "biases": [[token, f"{n.bits(bias):08x}"] for token, bias in c["biases"]], "answers": answers})
    (HERE / "generation.json").write_text(json.dumps({
        "about": "specs/sampling.md over the default model. Floats are f32 bits; candidates: SHA-256 over each candidate's token u32 and logit f32, little-endian, in their order.",
        "model": "aria-tiny", "numeric_spec": n.SPEC, "prompt": prompt, "cases": out}, indent=1) + "\n")


main()
