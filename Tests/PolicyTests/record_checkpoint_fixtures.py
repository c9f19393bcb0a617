"""Records a tiny checkpoint that `transformers` and `tokenizers` wrote, for CheckpointTests.

    pip install torch transformers safetensors tokenizers
    python3 Tests/PolicyTests/record_checkpoint_fixtures.py

Writes Tests/PolicyTests/Fixtures/checkpoint/: a directory as `save_pretrained` leaves it (tied, so without
lm_head), `expected.json` with tokens and the logits of the last position (base64 of little-endian float32), and
`halves.safetensors` with a tensor in F16 and one in BF16 beside what each widens to in F32.
"""
import base64, json, pathlib
import numpy as np, torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

HERE = pathlib.Path(__file__).parent / "Fixtures" / "checkpoint"
WORDS = ["<pad>", "<bos>", "<eos>"] + [str(d) for d in range(10)] + ["=", "(", ")", ";", "+", "*", "step", "solve"]

torch.manual_seed(3)
config = Qwen3Config(
    vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
    head_dim=8, intermediate_size=24, max_position_embeddings=64, rope_theta=1e4, tie_word_embeddings=True,
    bos_token_id=1, eos_token_id=2, pad_token_id=0)
model = Qwen3ForCausalLM(config).float().eval()
for parameter in model.parameters():
    torch.nn.init.normal_(parameter, std=0.3)
model.save_pretrained(HERE)

tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<pad>"))
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
    pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(individual_digits=True),
    pre_tokenizers.Punctuation(behavior="isolated")])
fast = PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>")
fast.save_pretrained(HERE)


def b64(tensor):
    return base64.b64encode(tensor.detach().numpy().astype("<f4").tobytes()).decode()


text = "step 12+(3*45)="
tokens = fast(text)["input_ids"]
with torch.no_grad():
    logits = model(torch.tensor([tokens])).logits[0, -1]
    greedy = model.generate(torch.tensor([tokens]), max_new_tokens=8, do_sample=False)[0, len(tokens):].tolist()
(HERE / "expected.json").write_text(json.dumps(
    {"text": text, "tokens": tokens, "logits": b64(logits), "greedy": greedy}) + "\n")

edges = torch.tensor([0.0, -0.0, 1.0, -1.5, 65504.0, 6.1e-5, 6e-8, 3.3e-6, 0.1, -2 / 3])
halves = {"f16": edges.to(torch.float16), "bf16": edges.to(torch.bfloat16)}
save_file(halves | {f"{name}.widened": value.float() for name, value in halves.items()}, HERE / "halves.safetensors")
