"""Holds `troupe generate` against `transformers` on one policy directory: logits of a prompt, and greedy text.

    pip install torch transformers
    python3 Benchmarks/parity.py DIR [--prompt TEXT] [--max N]

Prints the greatest difference of a logit relative to the greatest logit, and whether the greedy tokens are the same;
exits with 1 if the difference is above 1e-4 or the tokens are not.
"""
import argparse, json, pathlib, subprocess, sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TROUPE = pathlib.Path(__file__).parents[1] / ".build/release/troupe"
arguments = argparse.ArgumentParser()
arguments.add_argument("directory")
arguments.add_argument("--prompt", default="step 1 + 2")
arguments.add_argument("--max", type=int, default=16)
arguments = arguments.parse_args()
ours = json.loads(subprocess.run(
    [TROUPE, "generate", "--policy", arguments.directory, "--prompt", arguments.prompt, "--max", str(arguments.max),
     "--temperature", "0", "--logits", "--json"], check=True, capture_output=True, text=True).stdout)
tokenizer = AutoTokenizer.from_pretrained(arguments.directory)
model = AutoModelForCausalLM.from_pretrained(arguments.directory, dtype=torch.float32).eval()
ids = tokenizer(arguments.prompt, return_tensors="pt", add_special_tokens=False)["input_ids"]
with torch.no_grad():
    logits = model(ids).logits[0]
    greedy = model.generate(ids, max_new_tokens=arguments.max, do_sample=False)[0, ids.shape[1]:].tolist()
difference = ((torch.tensor(ours["logits"]) - logits).abs().max() / logits.abs().max()).item()
text = "the same" if greedy == ours["tokens"] else f"{ours['tokens']}, not {greedy}"
print(f"{arguments.directory}: logits differ by {difference:.1e} of the greatest; greedy tokens are {text}")
sys.exit(difference > 1e-4 or greedy != ours["tokens"])
