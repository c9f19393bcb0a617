"""Records what Hugging Face `tokenizers` makes of 20,000 strings, for BytePairTokenizerTests.

    pip install tokenizers
    python3 Tests/PolicyTests/record_tokenizer_fixtures.py
    python3 Tests/PolicyTests/record_tokenizer_fixtures.py qwen.tiktoken DIR
    python3 Tests/PolicyTests/record_tokenizer_fixtures.py tokenizer.model DIR llama3

Writes Tests/PolicyTests/Fixtures/byte-pairs/: `tokenizer.json`, a byte-level BPE of 1,500 tokens with Qwen's split and
special tokens, trained here; or DIR, with a published vocabulary (`make published-tokenizer`). Beside it
`tokenizer_config.json` and `expected.json`: fragments of text (base64 of bytes, not
all of them UTF-8), and for each of 20,000 strings that a linear congruential generator puts together from them the
FNV-1a hash of its ids (base64 of little-endian 64-bit numbers); a few strings in full; the chat template's prompts.
"""
import base64, json, pathlib, struct, sys
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

ROOT = pathlib.Path(__file__).parents[2]
HERE = pathlib.Path(sys.argv[2]) if sys.argv[1:] else pathlib.Path(__file__).parent / "Fixtures" / "byte-pairs"
PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
           r"|\s+(?!\S)|\s+")
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
PLAIN = ["<think>", "</think>", "<tool_call>"]
# Looked for in normalized text, whatever the form in which they are given.
NORMALIZED = ["na\u00efve", "\u212b<", "<e\u0301>"]
# Of Qwen3, after its 151,643 byte pairs.
PUBLISHED = """<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|>
<|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|> <tool_call>
</tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|> <tool_response>
</tool_response> <think> </think>""".split()
# Of Llama 3, after its 128,000 byte pairs; it has no normalizer, splits numbers by three digits, and takes a piece that is a token for it.
LLAMA3 = sys.argv[3:] == ["llama3"]
PUBLISHED_LLAMA3 = """<|begin_of_text|> <|end_of_text|> <|reserved_special_token_0|> <|reserved_special_token_1|>
<|finetune_right_pad_id|> <|step_id|> <|start_header_id|> <|end_header_id|> <|eom_id|> <|eot_id|> <|python_tag|>""".split()
PUBLISHED_LLAMA3 += [f"<|reserved_special_token_{i}|>" for i in range(2, 247)]
if LLAMA3:
    PATTERN = PATTERN.replace(r"\p{N}| ?", r"\p{N}{1,3}| ?")
    PUBLISHED = PUBLISHED_LLAMA3
COUNT = 20_000

FRAGMENTS = [f.encode() for f in [
    " the", "The ", "actor", "Simulation", "'s", "'LL", "'ve", "don't", "I'd", "'\u017f", "''", "x'", "e\u0301", "\u00e9",
    "na\u00efve", "nai\u0308ve", "A\u030a", "\u212b", "\u212b<", "A\u030a<", "<e\u0301>", "<\u00e9>", "\u1e9b\u0323", "q\u0307\u0323", "\u0301", "\u0915\u094d\u0937\u093f", "\u0e01\u0e33",
    "\u65e5\u672c\u8a9e", "\u4e2d\u6587\u3002", "\ud55c\uad6d\uc5b4", "\u1112\u1161\u11ab", "\u0645\u0631\u062d\u0628\u0627",
    "\u05e9\u05dc\u05d5\u05dd", "\u041f\u0440\u0438\u0432\u0435\u0442", "\u0395\u03bb\u03bb\u03ac", "\U0001f600",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\u2764\ufe0f", "\U0001f44d\U0001f3fd",
    "func f(_ x: Int) -> Int {", "\n    return x + 1\n}", "\r\n", "\n\n\n", "\r", "\t", "  ", "   ", " ", "\u00a0", "\u3000",
    "\u2028", "\u0085", "\u200b", "\ufeff", "0", "12345", "3.14", "\u0663", "\u2167", "\u00bd", "\u00b2", "!!!", "...", " ?", "\u2014",
    "\u20ac5", "{\"a\": [1, 2]}", "==", "// ", "/*", "<|im_start|>", "<|im_end|>\n", "<|endoftext|>", "<|im_", "<think>",
    "</think>", "<tool_call>", "a" * 300, "ab" * 80, "\u00e4" * 40, "!" * 120, " " * 50, "\0", "\x7f", "\ufffd", "\ue000",
    "\U0010ffff", "\u2126", "\ufb01", "\U0001d54f", "snake_case_name", "camelCase", "https://example.org/?q=1&r=%20",
]] + [b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\x80\x80", b"\xc0\xaf"]


class Draws:
    """Knuth's MMIX generator; the same in BytePairTokenizerTests."""

    def __init__(self):
        self.state = 1

    def below(self, count):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % count


def strings():
    draws = Draws()
    for _ in range(COUNT):
        length = 1 + draws.below(8)
        yield b"".join(FRAGMENTS[draws.below(len(FRAGMENTS))] for _ in range(length)).decode(errors="replace")


def fnv(ids):
    value = 0xCBF29CE484222325
    for byte in struct.pack(f"<{len(ids)}i", *ids):
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def published(path):
    """The vocabulary and merges of a file of ranks: a line a token, its bytes in base64."""
    ranks = {base64.b64decode(token): int(rank) for token, rank in map(str.split, open(path))}
    alphabet = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    characters = {byte: chr(byte) for byte in alphabet}
    characters |= {byte: chr(256 + i) for i, byte in enumerate(b for b in range(256) if b not in characters)}
    spell = lambda token: "".join(characters[byte] for byte in token)

    def halves(token):
        # Some of Llama 3's tokens are made of no lower ranks. As in its published merges, any two tokens that make one are merged.
        if LLAMA3:
            places = [i for i in range(1, len(token)) if token[:i] in ranks and token[i:] in ranks]
            places.sort(key=lambda i: (ranks[token[:i]], ranks[token[i:]]))
            return [(spell(token[:i]), spell(token[i:])) for i in places]
        # What the token is made of: its bytes, merged by all lower ranks.
        parts = [token[i:i + 1] for i in range(len(token))]
        while len(parts) > 2:
            rank, i = min((ranks.get(parts[i] + parts[i + 1], 1 << 30), i) for i in range(len(parts) - 1))
            assert rank < ranks[token]
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        return [tuple(map(spell, parts))]

    tokens = sorted(ranks, key=ranks.get)
    return models.BPE({spell(token): rank for token, rank in ranks.items()},
                      [pair for token in tokens if len(token) > 1 for pair in halves(token)], ignore_merges=LLAMA3)


tokenizer = Tokenizer(published(sys.argv[1]) if sys.argv[1:] else models.BPE())
if not LLAMA3:
    tokenizer.normalizer = normalizers.NFC()
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
    pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
tokenizer.decoder = decoders.ByteLevel()
if sys.argv[1:]:
    for token in PUBLISHED:
        isSpecial = token.startswith("<|") and token[2:5] not in ("fim", "rep", "fil")
        (tokenizer.add_special_tokens if isSpecial else tokenizer.add_tokens)([AddedToken(token, normalized=False)])
    assert tokenizer.get_vocab_size() == (128_256 if LLAMA3 else 151_669)
else:
    corpus = [path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))] + list(strings())[:2000]
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=1500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in PLAIN])
    tokenizer.add_tokens([AddedToken(token, normalized=True) for token in NORMALIZED])
HERE.mkdir(parents=True, exist_ok=True)
tokenizer.save(str(HERE / "tokenizer.json"), pretty=False)
(HERE / "tokenizer_config.json").write_text(json.dumps(
    {"eos_token": "<|eot_id|>" if LLAMA3 else "<|im_end|>", "bos_token": "<|begin_of_text|>" if LLAMA3 else None, "tokenizer_class": "PreTrainedTokenizerFast"}) + "\n")
hashes = [fnv(tokenizer.encode(text).ids) for text in strings()]
samples = [text for index, text in enumerate(strings()) if index % 1000 == 0]


def decoded(ids):
    # `tokenizers` takes the letters of an added token for bytes when it decodes: of those beyond ASCII it makes no text.
    if any(not tokenizer.id_to_token(i).isascii() and i in tokenizer.get_added_tokens_decoder() for i in ids):
        return None
    return tokenizer.decode(ids, skip_special_tokens=True)


(HERE / "expected.json").write_text(json.dumps({
    "fragments": [base64.b64encode(f).decode() for f in FRAGMENTS],
    "hashes": base64.b64encode(struct.pack(f"<{COUNT}Q", *hashes)).decode(),
    "samples": [{"text": text, "ids": ids, "decoded": decoded(ids)}
                for text in samples for ids in [tokenizer.encode(text).ids]],
}) + "\n")
