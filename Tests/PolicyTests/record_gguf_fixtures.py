"""Records what the package `gguf` reads from small GGUF files, and what Hugging Face `tokenizers` makes of 20,000 strings.

    pip install gguf numpy tokenizers
    python3 Tests/PolicyTests/record_gguf_fixtures.py

Writes Tests/PolicyTests/Fixtures/gguf/:
- `formats.gguf`, a tensor of each format that Troupe reads, and `formats.json`, the elements of each (base64 of
  little-endian float32) as `gguf.quants.dequantize` gives them.
- `llama.gguf`, a random model of the architecture llama with a byte-level tokenizer of SmolLM2's kind, which lacks tokens
  for some bytes, and `llama.json`: its tensors under the names and in the order of `transformers`; and for each of 20,000
  strings, made as in record_tokenizer_fixtures.py, the FNV-1a hash of its ids (0 where a byte has no token).
- `rope.gguf`, the divisors of RoPE's frequencies that llama.cpp's converter gives Llama 3.2, whose factor is 32.
- `qwen2.gguf` and `llama3.gguf`, tokenizers of these kinds with one tensor, and the hashes for each.
"""
import base64, json, pathlib, struct, sys
import numpy as np, gguf
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent / "Fixtures" / "gguf"
HERE.mkdir(parents=True, exist_ok=True)
source = (pathlib.Path(__file__).parent / "record_tokenizer_fixtures.py").read_text()
# The fragments and the generator of strings, without what the other script records.
exec(source[source.index("COUNT ="):source.index("def published")])
ROOT = pathlib.Path(__file__).parents[2]
random = np.random.default_rng(16)
T = gguf.GGMLQuantizationType


def b64(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def quantized(format):
    """Elements of a tensor, (3, 256), as bytes of the format."""
    values = (random.standard_normal((3, 256)) * 10.0 ** random.integers(-3, 2, (3, 1))).astype(np.float32)
    values[0, :32] = 0
    if format == T.BF16:
        return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    if format not in (T.Q4_K, T.Q6_K):
        return gguf.quants.quantize(values, format)
    # `gguf` cannot quantize to these: any bytes do, if the scales are finite.
    _, size = gguf.GGML_QUANT_SIZES[format]
    blocks = random.integers(0, 256, (3, size), dtype=np.uint8)
    for row in range(3):
        for place in [0, 2] if format == T.Q4_K else [208]:
            blocks[row, place:place + 2] = np.array([random.standard_normal() * 0.01], np.float16).view(np.uint8)
    return blocks


writer = gguf.GGUFWriter(HERE / "formats.gguf", "llama")
expected = {}
for format in [T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q4_K, T.Q6_K]:
    data = quantized(format)
    writer.add_tensor(format.name, data, raw_dtype=format if format not in (T.F32, T.F16) else None)
    expected[format.name] = b64(gguf.quants.dequantize(data, format))
writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file(); writer.close()
(HERE / "formats.json").write_text(json.dumps(expected) + "\n")


def byte_of(character):
    """The byte that a character of GPT-2's table stands for."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in printable]
    return ord(character) if ord(character) in printable else rest[ord(character) - 0x100]


def tokenizer(kind):
    qwen = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|NUMBERS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
            r"|\s+(?!\S)|\s+")
    split = {
        "smollm": [pre_tokenizers.Digits(individual_digits=True),
                   pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)],
        "qwen2": [pre_tokenizers.Split(Regex(qwen.replace("NUMBERS", r"\p{N}")), behavior="isolated"),
                  pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)],
        "llama-bpe": [pre_tokenizers.Split(Regex(qwen.replace("NUMBERS", r"\p{N}{1,3}")), behavior="isolated"),
                      pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)],
    }[kind]
    result = Tokenizer(models.BPE(ignore_merges=kind == "llama-bpe"))
    if kind == "qwen2":
        result.normalizer = normalizers.NFC()
    result.pre_tokenizer = pre_tokenizers.Sequence(split)
    result.decoder = decoders.ByteLevel()
    corpus = [path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))[:4]]
    corpus += list(strings())[:2000]
    # SmolLM2's vocabulary has no token for some bytes, either, but for others, which hardly come in the strings.
    lacks = [0, 4, 6, 0x7f, 0xc0, 0xc1, *range(0xf5, 0x100)] if kind == "smollm" else []
    corpus = [text for text in corpus if not set(text.encode()) & set(lacks)]
    alphabet = [c for c in pre_tokenizers.ByteLevel.alphabet() if byte_of(c) not in lacks]
    result.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=alphabet, show_progress=False))
    if kind == "llama-bpe":
        # A token that no merges make, as Llama 3's vocabulary has: only a whole piece gives it.
        state = json.loads(result.to_str())
        state["model"]["vocab"]["xyzzy"] = len(state["model"]["vocab"])
        result = Tokenizer.from_str(json.dumps(state))
    result.add_special_tokens([AddedToken(t, normalized=False) for t in ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]])
    return result


def record(name, kind, tensors, settings):
    tok = tokenizer(kind)
    writer = gguf.GGUFWriter(HERE / f"{name}.gguf", settings.get("architecture", "llama"))
    state = json.loads(tok.to_str())
    vocabulary = tok.get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.get)
    assert [vocabulary[t] for t in tokens] == list(range(len(tokens)))
    special = {t["content"] for t in state["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(kind)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if t in special else 1 for t in tokens])
    writer.add_token_merges([" ".join(m) for m in state["model"]["merges"]])
    writer.add_eos_token_id(vocabulary["<|im_end|>"])
    writer.add_bos_token_id(vocabulary["<|im_start|>"])
    writer.add_chat_template("{{ messages[0]['content'] }}")
    for key, value in settings.get("values", {}).items():
        (writer.add_float32 if isinstance(value, float) else writer.add_uint32)(key, value)
    standard = {}
    for key, (values, format) in tensors(len(tokens)).items():
        data = gguf.quants.quantize(values, format)
        writer.add_tensor(key, data, raw_dtype=format if format not in (T.F32, T.F16) else None)
        standard[key] = gguf.quants.dequantize(data, format)
    writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file(); writer.close()

    lacking = {c for c in pre_tokenizers.ByteLevel.alphabet() if c not in vocabulary}

    def ids(text):
        # `tokenizers` drops a byte that has no token. Troupe says so.
        plain = text
        for token in special:
            plain = plain.replace(token, "")
        missing = [c for piece, _ in tok.pre_tokenizer.pre_tokenize_str(plain) for c in piece if c in lacking]
        return None if missing else tok.encode(text).ids

    found = [ids(text) for text in strings()]
    samples = [s for s in list(strings())[::500] if ids(s) is not None] + ["xyzzy", "12345 67", "a  1  b", "it's IT'S 's", "tab\there"]
    missing = sum(f is None for f in found)
    print(name, len(tokens), "tokens;", missing, "strings with a byte that has no token")
    return standard, {
        "fragments": [base64.b64encode(f).decode() for f in FRAGMENTS],
        "hashes": base64.b64encode(struct.pack(f"<{COUNT}Q", *[0 if f is None else fnv(f) for f in found])).decode(),
        "samples": [{"text": s, "ids": tok.encode(s).ids} for s in samples],
    }


HEADS, KEY_VALUE_HEADS, WIDTH, HEAD, INNER = 4, 2, 32, 8, 64


def llama(vocabulary):
    def matrix(rows, columns, format=T.Q8_0):
        return (random.standard_normal((rows, columns)) * 0.3).astype(np.float32), format

    def norm():
        return (1 + 0.2 * random.standard_normal(WIDTH)).astype(np.float32), T.F32
    tensors = {"token_embd.weight": matrix(vocabulary, WIDTH), "output_norm.weight": norm()}
    for layer in range(2):
        p = f"blk.{layer}."
        tensors |= {
            p + "attn_norm.weight": norm(), p + "ffn_norm.weight": norm(),
            p + "attn_q.weight": matrix(HEADS * HEAD, WIDTH, T.Q4_1), p + "attn_k.weight": matrix(KEY_VALUE_HEADS * HEAD, WIDTH, T.F16),
            p + "attn_v.weight": matrix(KEY_VALUE_HEADS * HEAD, WIDTH, T.Q4_0), p + "attn_output.weight": matrix(WIDTH, HEADS * HEAD),
            p + "ffn_gate.weight": matrix(INNER, WIDTH), p + "ffn_up.weight": matrix(INNER, WIDTH), p + "ffn_down.weight": matrix(WIDTH, INNER, T.F32)}
    return tensors


NAMES = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
         "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
         "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
         "token_embd": "model.embed_tokens", "output_norm": "model.norm"}


def standard_tensor(name, values):
    parts = name.split(".")
    if parts[0] != "blk":
        return f"{NAMES[parts[0]]}.weight", values
    heads = {"attn_q": HEADS, "attn_k": KEY_VALUE_HEADS}.get(parts[2])
    if heads:
        # Undoes what llama.cpp's converter does to the rows of queries and keys.
        values = values.reshape(heads, values.shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(values.shape)
    return f"model.layers.{parts[1]}.{NAMES[parts[2]]}.weight", values


tensors, expected = record("llama", "smollm", llama, {"values": {
    "llama.block_count": 2, "llama.context_length": 128, "llama.embedding_length": WIDTH,
    "llama.feed_forward_length": INNER, "llama.attention.head_count": HEADS,
    "llama.attention.head_count_kv": KEY_VALUE_HEADS, "llama.rope.freq_base": 100000.0,
    "llama.attention.layer_norm_rms_epsilon": 1e-5, "llama.rope.dimension_count": HEAD}})
expected["tensors"] = {n: b64(v) for n, v in (standard_tensor(*item) for item in tensors.items())}
(HERE / "llama.json").write_text(json.dumps(expected) + "\n")
for name, kind in [("qwen2", "qwen2"), ("llama3", "llama-bpe")]:
    only = lambda n: {"token_embd.weight": (np.zeros((n, 8), np.float32), T.F32)}
    architecture = "qwen2" if name == "qwen2" else "llama"
    _, expected = record(name, kind, only, {"architecture": architecture, "values": {
        f"{architecture}.block_count": 1, f"{architecture}.context_length": 128, f"{architecture}.embedding_length": 8,
        f"{architecture}.feed_forward_length": 8, f"{architecture}.attention.head_count": 1}})
    (HERE / f"{name}.json").write_text(json.dumps(expected) + "\n")


# The formula of `rope_type: "llama3"` in float32, as convert_hf_to_gguf.py has it.
writer = gguf.GGUFWriter(HERE / "rope.gguf", "llama")
for key, value in {"block_count": 1, "context_length": 131072, "embedding_length": 128, "feed_forward_length": 8,
                   "attention.head_count": 2, "rope.dimension_count": 64}.items():
    writer.add_uint32(f"llama.{key}", value)
writer.add_float32("llama.rope.freq_base", 500000.0)
frequencies = (1.0 / (500000.0 ** (np.arange(0, 64, 2, dtype=np.float32) / np.float32(64)))).astype(np.float32)
factor, low, high, length = 32.0, 1.0, 4.0, 8192
divisors = []
for frequency in frequencies:
    wavelength = 2 * np.pi / frequency
    smooth = (length / wavelength - low) / (high - low)
    divisors.append(1.0 if wavelength < length / high else factor if wavelength > length / low
                    else 1 / ((1 - smooth) / factor + smooth))
assert len({round(d, 3) for d in divisors}) > 4, "some frequencies are between"
writer.add_tensor("token_embd.weight", np.zeros((8, 128), np.float32))
writer.add_tensor("rope_freqs.weight", np.array(divisors, dtype=np.float32))
writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file(); writer.close()
