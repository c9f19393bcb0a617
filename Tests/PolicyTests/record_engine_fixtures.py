"""Records what PyTorch computes for tiny random Qwen3 models, for EngineParityTests.

    pip install torch transformers
    python3 Tests/PolicyTests/record_engine_fixtures.py

Writes Tests/PolicyTests/Fixtures/engine-*.json: the configuration, the weights (by Hugging Face name), the tokens,
the logits of every position, the mean next-token cross-entropy over positions PROMPT-1.., its gradient for every
parameter, the gradients of the masked objectives, and the weights after ten AdamW steps on the cross-entropy.
Arrays are base64 of little-endian float32.
"""
import base64, json, pathlib
import numpy as np, torch
from transformers import Qwen3Config, Qwen3ForCausalLM

PROMPT = 3
HERE = pathlib.Path(__file__).parent / "Fixtures"


def b64(t):
    return base64.b64encode(t.detach().numpy().astype("<f4").tobytes()).decode()


def objectives(model, tokens, vocabulary):
    """The clipped surrogate with entropy bonus, and KL(reference || model), summed over the completions.

    At temperature 0.7, under a grammar that allows the tokens which differ from the one before by an even number
    (and the one that is there).
    """
    temperature, advantages, low, high, bonus = 0.7, [1.5, -0.8], 0.2, 0.28, 0.05
    before, now = tokens[:, PROMPT - 1:-1, None], tokens[:, PROMPT:, None]
    ids = torch.arange(vocabulary)
    allowed = ((ids - before) % 2 == 0) | (ids == now)

    def logs():
        logits = model(tokens).logits[:, PROMPT - 1:-1] / temperature
        return torch.log_softmax(logits.masked_fill(~allowed, -torch.inf), -1)

    def gradients(loss):
        model.zero_grad()
        loss.backward()
        return {"loss": loss.item(), "gradients": {n: b64(p.grad) for n, p in model.named_parameters()}}

    old = (logs().gather(2, now)[..., 0] + torch.linspace(-0.5, 0.5, now.shape[1])).detach()
    p, advantage = logs(), torch.tensor(advantages)[:, None]
    ratio = (p.gather(2, now)[..., 0] - old).exp()
    surrogate = torch.minimum(ratio * advantage, ratio.clamp(1 - low, 1 + high) * advantage)
    entropy = -(p.exp() * p.masked_fill(~allowed, 0)).sum(-1)
    clipped = gradients(-(surrogate + bonus * entropy).sum())
    reference = torch.log_softmax((torch.randn(p.shape) * 1.5).masked_fill(~allowed, -torch.inf), -1)
    difference = (reference - logs()).masked_fill(~allowed, 0)
    anchor = gradients((reference.exp() * difference).sum())
    model.zero_grad()
    return {"temperature": temperature, "advantages": advantages, "clipLow": low, "clipHigh": high, "entropy": bonus,
            "behaviour": [b64(o) for o in old], "reference": [b64(r) for r in reference],
            "clippedSurrogate": clipped, "anchor": anchor}


def record(name, seed, **kw):
    torch.manual_seed(seed)
    base = dict(vocab_size=19, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                head_dim=8, intermediate_size=24, rms_norm_eps=1e-6, rope_theta=10000.0, max_position_embeddings=64,
                tie_word_embeddings=True, attention_dropout=0.0)
    base.update(kw)
    config = Qwen3Config(**base)
    config._attn_implementation = "eager"
    model = Qwen3ForCausalLM(config).float().train()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn_like(p) * 0.3 if p.dim() > 1 else 1 + 0.2 * torch.randn_like(p))
    tokens = torch.randint(0, base["vocab_size"], (2, 11))
    names = [n for n, _ in model.named_parameters()]
    out = {"config": base, "tokens": tokens.tolist(), "promptCount": PROMPT,
           "weights": {n: b64(p) for n, p in model.named_parameters()}}

    def loss():
        logits = model(tokens).logits
        return torch.nn.functional.cross_entropy(
            logits[:, PROMPT - 1:-1].reshape(-1, base["vocab_size"]), tokens[:, PROMPT:].reshape(-1)), logits

    value, logits = loss()
    value.backward()
    out["loss"], out["logits"] = value.item(), b64(logits)
    out["gradients"] = {n: b64(p.grad) for n, p in model.named_parameters()}
    out["objectives"] = objectives(model, tokens, base["vocab_size"])
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() == 1]
    adam = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}],
                             lr=1e-2, betas=(0.9, 0.98), eps=1e-8)
    for _ in range(10):
        adam.zero_grad()
        value, _ = loss()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
    out["trained"] = {n: b64(p) for n, p in model.named_parameters()}
    (HERE / f"engine-{name}.json").write_text(json.dumps(out))


record("tied", 1)
record("untied", 2, tie_word_embeddings=False, num_key_value_heads=1, num_attention_heads=2, rope_theta=1000000.0)
record("ungrouped", 3, vocab_size=35, num_key_value_heads=2, num_attention_heads=2, head_dim=16)
