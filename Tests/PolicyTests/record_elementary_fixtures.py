"""Records what `mpmath` computes for the elementary functions and for what is made of them, for ElementaryTests.

    pip install mpmath
    python3 Tests/PolicyTests/record_elementary_fixtures.py

Writes Tests/PolicyTests/Fixtures/elementary.json.

`log`, `exp`, `cos`, `sin` and `pow` are lists of lines "argument value rest" (for pow "base exponent value rest"), each
a double's bit pattern in hexadecimal. The value is the correctly rounded result, and the rest is what its rounding
lost, so that an error can be measured in fractions of a unit in the last place.

`rope` holds tables of cosines and sines, base64 of little-endian float32: sample i is at position 2731 i mod 8192 and
index (i // 5) mod half. Frequency and angle are correctly rounded to float32 on the way, the results at the end.

`draws` holds the first and the last random elements of some tensors of one configuration, bit patterns of float32.
"""
import base64, json, pathlib, random, struct
from fractions import Fraction
from mpmath import mp, mpf

mp.prec = 600  # An angle of 2^27 next to a multiple of pi / 2 takes some 90 bits more than its result.
HERE = pathlib.Path(__file__).parent / "Fixtures"
generator = random.Random(1)


def fraction(x):
    sign, man, exponent, _ = x._mpf_
    value = Fraction(int(man)) * Fraction(2) ** exponent
    return -value if sign else value


def double(x):
    """x, correctly rounded; Python's division of integers is."""
    f = fraction(x)
    return f.numerator / f.denominator


def single(x):
    """x, correctly rounded to float32. Not for numbers that are subnormal there."""
    f = fraction(x)
    if f == 0:
        return 0.0
    exponent = mp.frexp(abs(x))[1] - 24
    return float(round(f / Fraction(2) ** exponent) * Fraction(2) ** exponent)  # `round` takes ties to even


def bits(x):
    return struct.pack(">d", x).hex()


def line(arguments, result):
    value = double(result)
    return " ".join(map(bits, [*arguments, value, double(result - mpf(value))]))


def neighbours(x):
    """The double next to x, and the ones on either side."""
    (n,) = struct.unpack(">q", struct.pack(">d", double(x)))
    return [struct.unpack(">d", struct.pack(">q", n + i))[0] for i in (-1, 0, 1)]


def uniform(low, high, count):
    return [generator.uniform(low, high) for _ in range(count)]


def log_arguments():
    yield from (2.0**k for k in range(-1074, 1024, 41))
    yield from (x for k in range(1, 53) for x in (1 - 2.0 ** -(k + 1), 1 + 2.0**-k))
    # Where the reduced argument jumps from one end to the other.
    yield from (x for k in (-1000, -7, -1, 0, 1, 2, 9, 1000) for x in neighbours(mp.ldexp(mp.sqrt(2), k)))
    yield from (5e-324, 1e-320, 2.0**-1022, 1.7976931348623157e308, 0.1, 10.0, mp.e.__float__(), 3.0)
    yield from uniform(0.5, 2, 200)
    yield from uniform(0.7, 0.72, 50)
    yield from uniform(1.40, 1.42, 50)
    yield from (generator.uniform(1, 2) * 2.0 ** generator.randrange(-1074, 1023) for _ in range(150))


def exp_arguments():
    yield from (sign * 2.0**k for k in (-1074, -60, -54, -53, -52, -30, -10, -3, -1, 0, 3, 9) for sign in (1, -1))
    yield from (sign * float(k) for k in (2, 3, 10, 100, 700) for sign in (1, -1))
    # Multiples of ln 2, and the halves between, where the reduced argument jumps.
    yield from (x for k in (1, 2, 5, 64, 1000, -1, -3, -1000) for x in neighbours(k * mp.ln2))
    yield from (x for k in (0, 1, 7, 1000, -1, -2, -1000) for x in neighbours((k + mpf(1) / 2) * mp.ln2))
    yield from neighbours(1024 * mp.ln2)[:2]
    yield from (-708.0, -708.5, -710.0, -720.0, -744.0, -745.0, -745.13)
    yield from uniform(-700, 700, 250)
    yield from uniform(-1, 1, 150)
    yield from uniform(-0.35, -0.34, 40)
    yield from uniform(0.34, 0.35, 40)


def hardest_quarters():
    """The multiples of pi / 2 up to 1e6 that are next to a double, and one beyond."""
    half_pi = int(mp.floor(mp.ldexp(mp.pi / 2, 240)))
    for n in range(1, 636_620):
        product = n * half_pi
        unit = 1 << (product.bit_length() - 53)
        rest = product & (unit - 1)
        if min(rest, unit - rest) < 1 << (240 - 50):
            yield n
    yield 9_206_271


def angles():
    yield from (2.0**k for k in (-1074, -60, -27, -26, -10, -2, -1, 0, 1, 5, 10, 19, 26))
    yield from (-x for x in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1e6, 1e8))
    yield from (x for n in range(1, 24) for x in neighbours(n * mp.pi / 2))
    # Odd multiples of pi / 4, where the reduced argument jumps.
    yield from (x for n in (1, 3, 5, 7, 101, 1001, 1_000_001) for x in neighbours(n * mp.pi / 4))
    yield from (sign * double(n * mp.pi / 2) for n in hardest_quarters() for sign in (1, -1))
    yield from (1e6, 999_999.0, 1e8, 3.0, 22.0, 355.0, 103_993.0)
    yield from uniform(0, 6.283185307179586, 200)
    yield from uniform(0.77, 0.7854, 50)
    yield from uniform(-1e6, 1e6, 150)
    yield from uniform(-1e8, 1e8, 50)
    # Angles as RoPE has them.
    yield from (single(mpf(generator.randrange(1_000_000)) * mpf(generator.random())) for _ in range(100))


def powers():
    yield from ((theta, -i / half) for theta in (1e4, 5e5, 1e6, 5e6, 1e7) for half in (4, 16, 64) for i in range(half))
    yield from ((10.0 ** generator.uniform(4, 7), -generator.random()) for _ in range(100))
    yield from ((2.0 ** generator.uniform(-1000, 1000), generator.uniform(-1, 1)) for _ in range(100))
    yield from ((generator.uniform(0.5, 2), generator.uniform(-50, 50)) for _ in range(50))
    yield from ((generator.uniform(1, 30), generator.uniform(-100, 100)) for _ in range(50))


def float32s(values):
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()


def rope(theta, half):
    frequencies = [single(mpf(theta) ** (-mpf(i) / half)) for i in range(half)]
    samples = [(2731 * i % 8192, (i // 5) % half) for i in range(3000)]
    turned = [mpf(single(mpf(position) * mpf(frequencies[index]))) for position, index in samples]
    return {"theta": theta, "half": half, "cosines": float32s([single(mp.cos(a)) for a in turned]),
            "sines": float32s([single(mp.sin(a)) for a in turned])}


MASK = (1 << 64) - 1


def mix(value):
    z = (value + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def drawn(seed, index):
    return mix(mix(seed) ^ mix((index * 0xD1B54A32D192ED03) & MASK))


def stream(seed, name):
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    return drawn(seed, state)


def share(seed, index):
    return mpf(drawn(seed, index) >> 11) / 2**53


def normal(seed, index):
    u, v = share(seed, 2 * index), share(seed, 2 * index + 1)
    return mp.sqrt(-2 * mp.log(1 - u)) * mp.cos(2 * mp.pi * v)


def sample(seed, tensor, count, draw):
    """The first and the last 16 elements of `count`."""
    state = stream(seed, tensor)
    elements = [*range(16), *range(count - 16, count)]
    return {"seed": seed, "tensor": tensor, "count": count,
            "values": [struct.pack(">f", single(draw(state, i))).hex() for i in elements]}


def draws():
    """Of a model with 11 tokens, 2 layers, 1 head of 8, a hidden size of 16 and SwiGLU of 24, untied."""
    plain, residual = (lambda s, i: mpf(0.02) * normal(s, i)), (lambda s, i: mpf(0.02) / 2 * normal(s, i))
    for seed in (7, MASK):
        yield sample(seed, "model.embed_tokens.weight", 11 * 16, plain)
        yield sample(seed, "model.layers.0.self_attn.o_proj.weight", 16 * 8, residual)
        yield sample(seed, "model.layers.1.self_attn.q_proj.weight", 8 * 16, plain)
        yield sample(seed, "model.layers.1.mlp.down_proj.weight", 16 * 24, residual)
        yield sample(seed, "lm_head.weight", 11 * 16, plain)
        # An adapter of rank 2: uniform in plus or minus 1 / sqrt(16).
        yield sample(seed, "base_model.model.model.layers.1.mlp.up_proj.lora_A.weight", 2 * 16,
                     lambda s, i: (2 * share(s, i) - 1) / 4)


turns = list(angles())
out = {
    "log": [line([x], mp.log(mpf(x))) for x in log_arguments()],
    "exp": [line([x], mp.exp(mpf(x))) for x in exp_arguments()],
    "cos": [line([x], mp.cos(mpf(x))) for x in turns],
    "sin": [line([x], mp.sin(mpf(x))) for x in turns],
    "pow": [line([b, e], mpf(b) ** mpf(e)) for b, e in powers()],
    "rope": [rope(theta, half) for theta in (1e4, 1e6) for half in (16, 64)],
    "draws": list(draws()),
}
(HERE / "elementary.json").write_text(json.dumps(out, indent=0) + "\n")
print({name: len(value) for name, value in out.items()})
