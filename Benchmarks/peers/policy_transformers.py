"""Times a model of `transformers` on PyTorch, CPU: the peer of `troupe bench policy`.

    pip install torch transformers peft
    python3 Benchmarks/peers/policy_transformers.py NAME... [--threads N] [--work WORK]

NAME is nano, micro or published (the 0.6 B shape), which are Qwen3 in float32, or smollm2 or smollm2-bf16, which are Llama in float32
and bfloat16 with a LoRA adapter of rank 16. Prints one JSON object: versions, and a list of tokens per second,
each the median of five after one that is not counted. A train step is forward, backward, clipping and fused AdamW on
whole sequences. Decoding samples at temperature 1 from a key-value cache: by `generate()`, which is what people call,
and by a loop of our own without its overhead, which is the most that the model allows ("bare"). With WORK, such as `prefill`, only what
begins so is timed of smollm2.
"""
import argparse, json, statistics, time
import torch, transformers
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

SHAPES = {
    "nano": dict(vocab_size=64, hidden_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
                 head_dim=32, intermediate_size=192),
    "micro": dict(vocab_size=64, hidden_size=128, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
                  head_dim=32, intermediate_size=384),
    "published": dict(vocab_size=151936, hidden_size=1024, num_hidden_layers=28, num_attention_heads=16,
                      num_key_value_heads=8, head_dim=128, intermediate_size=3072, rope_theta=1e6),
    "smollm2": dict(vocab_size=49152, hidden_size=576, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
                    head_dim=64, intermediate_size=1536, rope_theta=1e5),
}
SHAPES["smollm2-bf16"] = SHAPES["smollm2"]


def median_seconds(body, count=5):
    body()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def train(model, rows, columns):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    tokens = (torch.arange(rows)[:, None] * 31 + torch.arange(columns)[None] * 7) % 64

    def step():
        optimizer.zero_grad()
        logits = model(tokens, use_cache=False).logits
        torch.nn.functional.cross_entropy(
            logits[:, :-1].reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    seconds = median_seconds(step)
    model.zero_grad(set_to_none=True)
    return rows * columns / seconds


def generate(model, batch, count):
    tokens = torch.ones(batch, 1, dtype=torch.long)
    mask = torch.ones_like(tokens)
    seconds = median_seconds(lambda: model.generate(
        tokens, attention_mask=mask, do_sample=True, top_k=0, top_p=1.0, min_new_tokens=count, max_new_tokens=count,
        pad_token_id=0))
    return batch * count / seconds


@torch.inference_mode()
def decode(model, batch, count):
    def run():
        cache, tokens = DynamicCache(config=model.config), torch.ones(batch, 1, dtype=torch.long)
        for _ in range(count):
            logits = model(tokens, past_key_values=cache, use_cache=True).logits[:, -1]
            tokens = torch.multinomial(torch.softmax(logits, -1), 1)

    return batch * count / median_seconds(run)


def adapted(name, results, wanted):
    """SmolLM2's shape: decoding of batches, prefill, and a LoRA gradient, whose eight sequences begin with two prompts."""
    from peft import LoraConfig, get_peft_model
    config = LlamaConfig(**SHAPES[name], tie_word_embeddings=True, max_position_embeddings=2048)
    model = LlamaForCausalLM(config).to(torch.bfloat16 if name.endswith("bf16") else torch.float32).eval()

    def add(work, rate):
        if work.removeprefix("bare ").startswith(wanted):
            results.append({"model": name, "work": work, "rate": rate()})

    for batch, count in ((1, 64), (16, 32), (64, 16)):
        add(f"bare decode {batch}", lambda: decode(model, batch, count))
    prompt = (torch.arange(512) * 7 % 1000)[None]
    with torch.inference_mode():
        add("prefill 512", lambda: 512 / median_seconds(lambda: model(prompt, use_cache=True, logits_to_keep=1)))
    model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, task_type="CAUSAL_LM", target_modules=[
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])).train()
    index = torch.arange(8)[:, None]
    tokens = torch.cat([(index // 4 * 31 + torch.arange(192) * 7) % 1000, (index * 37 + torch.arange(32) * 11) % 1000], 1)

    def gradient():
        model.zero_grad()
        logits = model(tokens, use_cache=False, logits_to_keep=33).logits[:, :-1]
        torch.nn.functional.cross_entropy(
            logits.float().reshape(-1, logits.shape[-1]), tokens[:, 192:].reshape(-1)).backward()

    add("LoRA 2 x 4", lambda: tokens.numel() / median_seconds(gradient, 3))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("names", nargs="+", choices=SHAPES)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--work", default="")
    arguments = arguments.parse_args()
    torch.set_num_threads(arguments.threads)
    results = []
    for name in arguments.names:
        torch.manual_seed(1)
        if name.startswith("smollm2"):
            adapted(name, results, arguments.work)
            continue
        large = name == "published"
        config = Qwen3Config(**SHAPES[name], tie_word_embeddings=True, max_position_embeddings=512)
        model = Qwen3ForCausalLM(config).float().train()
        rows, columns = (4, 64) if large else (64, 64)
        results.append({"model": name, "work": f"train {rows} x {columns}", "rate": train(model, rows, columns)})
        model.eval()
        for batch in (8, 1) if large else (64, 1):
            for work, run in (("decode", generate), ("bare decode", decode)):
                results.append({"model": name, "work": f"{work} {batch}", "rate": run(model, batch, 8 if large else 64)})
    versions = f"transformers {transformers.__version__}, torch {torch.__version__}"
    print(json.dumps({"versions": versions, "results": results}))


main()
