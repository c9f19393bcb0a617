"""Times Troupe's policy engine and `transformers` on PyTorch in one run, on this machine, and prints ratios.

    pip install torch transformers peft xllamacpp gguf
    python3 Benchmarks/policy.py nano micro published smollm2 smollm2-bf16 smollm2-q8_0 [--before TROUPE] [--work WORK] [--products NAME]

The same architecture, batch and threads on both sides, each the median of five. `decode` is against `generate()`, which
is what people call, `bare decode` against a loop without its overhead. What Troupe gains by not keeping bits the same
(`--inexact`) is in the last column. Of `smollm2-q8_0` the peer is llama.cpp (`xllamacpp`), with the model of `make published-model`
quantized so. TROUPE is another build of Troupe, such as one of an earlier commit, which is timed in the
same run. With WORK, such as `prefill`, only what begins so is timed of smollm2. With `--products avx2` both sides do without AVX-512, and
with `avx512bf16` or `avx512` without AMX.
"""
import argparse, json, os, pathlib, subprocess, sys

HERE = pathlib.Path(__file__).parent
TROUPE = HERE.parent / ".build/release/troupe"
THREADS = "2"


# How oneDNN, MKL and PyTorch are held to fewer instructions.
PEERS = {
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"},
    "avx512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
    "avx512bf16": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"},
}


def run(*words, environment={}):
    return json.loads(subprocess.run(
        words, check=True, capture_output=True, text=True, env=os.environ | environment).stdout)


def rates(report):
    return {(r["model"], r["work"]): r for r in report["results"]}


arguments = argparse.ArgumentParser()
arguments.add_argument("names", nargs="+")
arguments.add_argument("--before")
arguments.add_argument("--work", default="")
arguments.add_argument("--products", default="own")
arguments = arguments.parse_args()
for name in arguments.names:
    # One after the other for each model, so that what else the machine does weighs on both.
    troupe = [str(TROUPE), "bench", "policy", name, "--json", "--threads", THREADS]
    if arguments.work:
        troupe += ["--work", arguments.work]
    ours = run(*troupe, "--products", arguments.products)
    # An earlier build may not know the name.
    before = rates(run(arguments.before, *troupe[1:])) if arguments.before and "smollm2" not in name else {}
    peer = "policy_llamacpp.py" if name.endswith("q8_0") else "policy_transformers.py"
    try:
        theirs = run(sys.executable, str(HERE / "peers" / peer), name, "--threads", THREADS,
                     *(["--work", arguments.work] if arguments.work and peer == "policy_transformers.py" else []),
                     environment=PEERS.get(arguments.products, {}))
    except subprocess.CalledProcessError as error:
        print(f"{peer}: not installed? ({error.stderr.strip().splitlines()[-1:]})")
        theirs = {"versions": "no peer", "results": []}
    # Frozen weights have Troupe's own products only.
    inexact = rates(run(*troupe, "--inexact")) if not name.startswith("smollm2-") else {}
    peers = rates(theirs)
    print(f"{name}: products: {ours['products']}; {THREADS} threads, large products {ours['productRate']:.0f} GFLOP/s; "
          f"{theirs['versions']}")
    for key, result in rates(ours).items():
        line = f"  {key[1]}: {result['rate']:.4g} tokens/s, {100 * result['roofline']:.0f} % of large products"
        for work in (key[1], f"bare {key[1]}"):
            if peer := peers.get((name, work)):
                line += f"; {work} of the peer {peer['rate']:.4g}: x{result['rate'] / peer['rate']:.2f}"
        if key in before:
            line += f"; before {before[key]['rate']:.4g}: x{result['rate'] / before[key]['rate']:.2f}"
        if key in inexact:
            line += f"; exactness costs {100 * (1 - result['rate'] / inexact[key]['rate']):.0f} %"
        print(line)
