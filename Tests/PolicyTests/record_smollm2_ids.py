"""Records what Hugging Face `tokenizers` makes of 20,000 strings with the vocabulary of SmolLM2.

    pip install gguf tokenizers
    python3 Tests/PolicyTests/record_smollm2_ids.py SmolLM2.gguf expected.json

Tokens, merges and special tokens are read from the GGUF file by the package `gguf`; the split is that of the model's `tokenizer.json`: single
digits, and then GPT-2's. `make published-tokenizer` compares.
"""
import base64, json, pathlib, struct, sys
import gguf
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

source = (pathlib.Path(__file__).parent / "record_tokenizer_fixtures.py").read_text()
# The fragments and the generator of strings, without what the other script records.
exec(source[source.index("COUNT ="):source.index("def published")])

fields = gguf.GGUFReader(sys.argv[1]).fields
text = lambda field, part: bytes(field.parts[part]).decode()
texts = lambda name: [text(fields[name], part) for part in fields[name].data]
tokens, merges = texts("tokenizer.ggml.tokens"), texts("tokenizer.ggml.merges")
types = [int(fields["tokenizer.ggml.token_type"].parts[part][0]) for part in fields["tokenizer.ggml.token_type"].data]
assert text(fields["tokenizer.ggml.pre"], -1) == "smollm"
special = [token for token, type in zip(tokens, types) if type in (3, 4)]
tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, [tuple(m.split(" ")) for m in merges]))
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
    pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in special])
assert tokenizer.get_vocab_size() == len(tokens)
lacking = {c for c in pre_tokenizers.ByteLevel.alphabet() if c not in set(tokens)}


def ids(string):
    # `tokenizers` drops a byte that has no token. Troupe says so.
    plain = string
    for token in special:
        plain = plain.replace(token, "")
    if any(c in lacking for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(plain) for c in piece):
        return None
    return tokenizer.encode(string).ids


found = [ids(string) for string in strings()]
print(len(tokens), "tokens;", sum(f is None for f in found), "strings with a byte that has no token")
pathlib.Path(sys.argv[2]).write_text(json.dumps({
    "fragments": [base64.b64encode(f).decode() for f in FRAGMENTS],
    "hashes": base64.b64encode(struct.pack(f"<{COUNT}Q", *[0 if f is None else fnv(f) for f in found])).decode(),
    "samples": [{"text": s, "ids": ids(s)} for s in list(strings())[::500] if ids(s) is not None],
}) + "\n")
