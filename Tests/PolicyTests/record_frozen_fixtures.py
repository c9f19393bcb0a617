"""Records what `torch`, `gguf` and `peft` make of frozen weights, for FrozenWeightsTests.

    pip install torch transformers peft gguf
    python3 Tests/PolicyTests/record_frozen_fixtures.py

Writes Tests/PolicyTests/Fixtures/frozen/rounding.json: rows of 32 numbers, and what they are after `torch.bfloat16` and after
`gguf.quants`' Q8_0; and bf16.json and q8_0.json: a random Llama whose matrices are rounded so, with a LoRA adapter beside them
(not merged), the tokens of a short sequence, its logits, and the gradient of its summed cross-entropy for the adapter. Arrays are
base64 of little-endian float32. The linear layers of bf16.json round what they multiply to bfloat16 too, forward and backward;
their sums are float32, and so is the adapter.
"""
import base64, json, pathlib
import gguf, numpy as np, torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

HERE = pathlib.Path(__file__).parent / "Fixtures" / "frozen"


def b64(array):
    return base64.b64encode(np.asarray(array, dtype="<f4").tobytes()).decode()


def bf16(array):
    return torch.from_numpy(array.copy()).to(torch.bfloat16).float().numpy()


def q8_0(array):
    kind = gguf.GGMLQuantizationType.Q8_0
    return gguf.quants.dequantize(gguf.quants.quantize(array, kind), kind)


def rounding():
    random = np.random.default_rng(1)
    rows = [random.normal(size=32) * scale for scale in np.geomspace(1e-9, 1e4, 60)]
    # Halves of bfloat16's step, to even and away from it; halves of Q8_0's; one number only; zeros of both signs.
    rows.append([(1 + (2 * i + 1) / 256) * (-1) ** i for i in range(32)])
    rows.append([(i - 16) + 0.5 for i in range(31)] + [127])
    rows.append([0.0] * 31 + [-3.7])
    rows.append([0.0, -0.0] * 16)
    # Scales in the denormal numbers of float16, on halves of their step, and below.
    rows += [np.linspace(-1, 1, 32) * 127 * 2.0 ** -24 * factor for factor in (0.4, 0.5, 1.5, 2.5, 900.5, 1023.5)]
    # Scales on halves of float16's step.
    rows += [np.linspace(-1, 1, 32) * 127 * (1 + (2 * i + 1) / 2048) for i in range(6)]
    values = np.array(rows, dtype=np.float32)
    (HERE / "rounding.json").write_text(json.dumps(
        {"values": b64(values), "bf16": b64(bf16(values)), "q8_0": b64(q8_0(values))}) + "\n")


class Rounding(torch.autograd.Function):
    """y = x Wᵀ and dx = dy W, with x and dy in bfloat16."""

    @staticmethod
    def forward(context, x, weight):
        context.save_for_backward(weight)
        return x.bfloat16().float() @ weight.T

    @staticmethod
    def backward(context, dy):
        weight, = context.saved_tensors
        return dy.bfloat16().float() @ weight, None


class RoundingLinear(torch.nn.Linear):
    def forward(self, x):
        return Rounding.apply(x, self.weight.detach())


def record(name, rounded):
    torch.manual_seed(11)
    base = dict(vocab_size=43, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
                intermediate_size=96, rms_norm_eps=1e-6, rope_theta=1e4, max_position_embeddings=512,
                tie_word_embeddings=name == "bf16")
    model = LlamaForCausalLM(LlamaConfig(**base, attn_implementation="eager")).float().train()
    weights = {}
    with torch.no_grad():
        for n, p in model.named_parameters():
            p.copy_(torch.randn_like(p) * 0.1 if p.dim() > 1 else 1 + 0.2 * torch.randn_like(p))
            weights[n] = b64(p.detach().numpy())
            if p.dim() > 1:
                p.copy_(torch.from_numpy(rounded(p.detach().numpy())))
    if name == "bf16":
        for module in model.modules():
            if type(module) is torch.nn.Linear:
                module.__class__ = RoundingLinear
    adapted = get_peft_model(model, LoraConfig(
        r=3, lora_alpha=6, lora_dropout=0.0, target_modules=["q_proj", "o_proj", "gate_proj", "down_proj"],
        task_type="CAUSAL_LM"))
    with torch.no_grad():
        for n, p in adapted.named_parameters():
            if "lora_" in n:
                p.copy_(torch.randn_like(p) * 0.3)
    tokens = torch.randint(0, base["vocab_size"], (1, 37))
    logits = adapted(tokens).logits
    loss = torch.nn.functional.cross_entropy(logits[0, :-1], tokens[0, 1:], reduction="sum")
    loss.backward()
    lora = {n.replace(".default", ""): p for n, p in adapted.named_parameters() if p.requires_grad}
    base["model_type"] = "llama"
    (HERE / f"{name}.json").write_text(json.dumps({
        "config": base, "weights": weights, "rank": 3, "alpha": 6, "adapter": {n: b64(p.detach()) for n, p in lora.items()},
        "tokens": tokens[0].tolist(), "logits": b64(logits.detach()), "loss": loss.item(),
        "gradients": {n: b64(p.grad) for n, p in lora.items()}}) + "\n")


HERE.mkdir(parents=True, exist_ok=True)
rounding()
record("bf16", bf16)
record("q8_0", q8_0)
