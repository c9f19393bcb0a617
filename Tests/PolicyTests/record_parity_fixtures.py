"""Records what `transformers` and `peft` compute for random Qwen3, Llama and Qwen2 models, for ParityTests.

    pip install torch transformers peft
    python3 Tests/PolicyTests/record_parity_fixtures.py [NAME...]

Records all, or only those that are named.

Writes Tests/PolicyTests/Fixtures/parity/NAME.json: the configuration, the weights, the tokens of a short sequence, its
logits and the gradient of its summed cross-entropy (from the first position on) for every parameter; and the logits of
the last four positions of a long one, whose token i is (7 i + i // 11) mod the vocabulary. `adapter/` holds a LoRA
adapter as `save_pretrained` leaves it and what the `gqa-2` model with it computes; `adapter/steps.json` the loss before
each of ten steps of AdamW with it, and the adapter after them. Arrays are base64 of little-endian float32.
"""
import base64, json, pathlib, sys
import numpy as np, torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import (LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
                          Qwen3ForCausalLM)

HERE = pathlib.Path(__file__).parent / "Fixtures" / "parity"


def b64(t):
    return base64.b64encode(t.detach().float().numpy().astype("<f4").tobytes()).decode()


def measure(model, vocabulary, long):
    tokens = torch.randint(0, vocabulary, (1, 13))
    model.zero_grad()
    logits = model(tokens).logits
    loss = torch.nn.functional.cross_entropy(logits[0, :-1], tokens[0, 1:], reduction="sum")
    loss.backward()
    out = {"tokens": tokens[0].tolist(), "logits": b64(logits), "loss": loss.item(),
           "gradients": {n: b64(p.grad) for n, p in model.named_parameters() if p.requires_grad}}
    index = torch.arange(long)
    with torch.no_grad():
        out["long"] = long
        out["longLogits"] = b64(model(((7 * index + index // 11) % vocabulary)[None]).logits[0, -4:])
    return out


CLASSES = {"qwen3": (Qwen3Config, Qwen3ForCausalLM), "llama": (LlamaConfig, LlamaForCausalLM),
           "qwen2": (Qwen2Config, Qwen2ForCausalLM)}


def record(name, seed, long=64, architecture="qwen3", **kw):
    torch.manual_seed(seed)
    base = dict(vocab_size=37, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
                head_dim=8, intermediate_size=24, rms_norm_eps=1e-6, rope_theta=1e4, max_position_embeddings=4096,
                tie_word_embeddings=True)
    base.update(kw)
    kind, model = CLASSES[architecture]
    config = kind(**base)
    config._attn_implementation = "eager"
    model = model(config).float().train()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn_like(p) * 0.3 if p.dim() > 1 else 1 + 0.2 * torch.randn_like(p))
    if architecture != "qwen3":
        base["model_type"] = architecture
    out = {"config": base, "weights": {n: b64(p) for n, p in model.named_parameters()},
           **measure(model, base["vocab_size"], long)}
    if not sys.argv[1:] or name in sys.argv[1:]:
        (HERE / f"{name}.json").write_text(json.dumps(out) + "\n")
    return model, base


HERE.mkdir(parents=True, exist_ok=True)
record("gqa-1", 1, num_key_value_heads=2, vocab_size=131)
model, base = record("gqa-2", 2)
record("gqa-4-untied", 3, num_attention_heads=4, tie_word_embeddings=False, rope_theta=1e6, vocab_size=53)
record("gqa-8", 4, num_attention_heads=8, rope_theta=1e6, vocab_size=17)
record("long", 5, long=3001, rope_theta=1e4, vocab_size=29)
record("long-1e6", 6, long=3001, rope_theta=1e6, head_dim=32, vocab_size=7)
record("odd", 7, hidden_size=40, intermediate_size=56, num_hidden_layers=1, head_dim=24, vocab_size=101,
       tie_word_embeddings=False)
record("llama", 8, architecture="llama", num_attention_heads=4, num_key_value_heads=2, vocab_size=43)
record("qwen2", 10, architecture="qwen2", num_attention_heads=4, num_key_value_heads=2, rope_theta=1e6, vocab_size=31,
       long=701)
# Llama 3's scaling: of the four wavelengths of a head, the first stay, the last are stretched, one is between.
record("llama3", 12, architecture="llama", num_attention_heads=4, num_key_value_heads=2, vocab_size=43, long=901, rope_theta=1e4,
       head_dim=16,
       rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                     "original_max_position_embeddings": 256})


def steps():
    """Ten steps of `torch.optim.AdamW` on what PEFT says is trainable, from the adapter that is recorded."""
    recorded = json.loads((HERE / "gqa-2.json").read_text())
    base, _ = record("gqa-2", 2)
    with torch.no_grad():
        for name, p in base.named_parameters():
            p.copy_(torch.tensor(np.frombuffer(base64.b64decode(recorded["weights"][name]), "<f4").copy()).reshape(p.shape))
    adapted = PeftModel.from_pretrained(base, HERE / "adapter", is_trainable=True)
    trained = [p for p in adapted.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.02, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.1)
    tokens = torch.tensor([json.loads((HERE / "adapter" / "expected.json").read_text())["tokens"]])
    losses = []
    for step in range(10):
        optimizer.zero_grad()
        logits = adapted(tokens).logits
        loss = torch.nn.functional.cross_entropy(logits[0, :-1], tokens[0, 1:])
        losses.append(loss.item())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = 0.02 * (step + 1) / 10
        optimizer.step()
    out = {"losses": losses, "adapter": {n.replace(".default", ""): b64(p) for n, p in adapted.named_parameters()
                                         if p.requires_grad}}
    (HERE / "adapter" / "steps.json").write_text(json.dumps(out) + "\n")


if sys.argv[1:] == ["steps"]:
    steps()
if sys.argv[1:] and "adapter" not in sys.argv[1:]:
    sys.exit()

torch.manual_seed(9)
adapted = get_peft_model(model, LoraConfig(
    r=3, lora_alpha=6, lora_dropout=0.0, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM"))
with torch.no_grad():
    for n, p in adapted.named_parameters():
        if "lora_" in n:
            p.copy_(torch.randn_like(p) * 0.3)
adapted.save_pretrained(HERE / "adapter")
(HERE / "adapter" / "README.md").unlink(missing_ok=True)
expected = measure(adapted, base["vocab_size"], 64)
expected["gradients"] = {n.replace(".default", ""): g for n, g in expected["gradients"].items()}
(HERE / "adapter" / "expected.json").write_text(json.dumps(expected) + "\n")
steps()
