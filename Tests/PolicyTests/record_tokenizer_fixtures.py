"""Records what Hugging Face `tokenizers` makes of 20,000 strings, for BytePairTokenizerTests.

    pip install tokenizers transformers
    python3 Tests/PolicyTests/record_tokenizer_fixtures.py

Writes Tests/PolicyTests/Fixtures/byte-pairs/: `tokenizer.json`, a byte-level BPE of 1,500 tokens with Qwen's split and
special tokens, trained here, and `tokenizer_config.json`; and `expected.json`: fragments of text (base64 of bytes, not
all of them UTF-8), and for each of 20,000 strings that a linear congruential generator puts together from them the
FNV-1a hash of its ids (base64 of little-endian 64-bit numbers); a few strings in full; the chat template's prompts.
"""
import base64, json, pathlib, struct
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

ROOT = pathlib.Path(__file__).parents[2]
HERE = pathlib.Path(__file__).parent / "Fixtures" / "byte-pairs"
PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
           r"|\s+(?!\S)|\s+")
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
PLAIN = ["<think>", "</think>", "<tool_call>"]
COUNT = 20_000

FRAGMENTS = [f.encode() for f in [
    " the", "The ", "actor", "Simulation", "'s", "'LL", "'ve", "don't", "I'd", "'\u017f", "''", "x'", "e\u0301", "\u00e9",
    "na\u00efve", "A\u030a", "\u212b", "\u1e9b\u0323", "q\u0307\u0323", "\u0301", "\u0915\u094d\u0937\u093f", "\u0e01\u0e33",
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


tokenizer = Tokenizer(models.BPE())
tokenizer.normalizer = normalizers.NFC()
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
    pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
tokenizer.decoder = decoders.ByteLevel()
corpus = [path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))] + list(strings())[:2000]
tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
    vocab_size=1500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in PLAIN])
HERE.mkdir(parents=True, exist_ok=True)
tokenizer.save(str(HERE / "tokenizer.json"), pretty=False)
(HERE / "tokenizer_config.json").write_text(json.dumps(
    {"eos_token": "<|im_end|>", "bos_token": None, "tokenizer_class": "PreTrainedTokenizerFast"}) + "\n")
hashes = [fnv(tokenizer.encode(text).ids) for text in strings()]
samples = [text for index, text in enumerate(strings()) if index % 1000 == 0]
(HERE / "expected.json").write_text(json.dumps({
    "fragments": [base64.b64encode(f).decode() for f in FRAGMENTS],
    "hashes": base64.b64encode(struct.pack(f"<{COUNT}Q", *hashes)).decode(),
    "samples": [{"text": text, "ids": tokenizer.encode(text).ids,
                 "decoded": tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=True)}
                for text in samples],
}) + "\n")
