"""Times Troupe's policy engine and `transformers` on PyTorch in one run, on this machine, and prints ratios.

    pip install torch transformers
    python3 Benchmarks/policy.py nano micro published [--before TROUPE]

The same architecture, batch and threads on both sides, each the median of five. `decode` is against `generate()`, which
is what people call, `bare decode` against a loop without its overhead. What Troupe gains by not keeping bits the same
(`--inexact`) is in the last column. TROUPE is another build of Troupe, such as one of an earlier commit, which is timed in the
same run.
"""
import argparse, json, pathlib, subprocess

HERE = pathlib.Path(__file__).parent
TROUPE = HERE.parent / ".build/release/troupe"
THREADS = "2"


def run(*words):
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def rates(report):
    return {(r["model"], r["work"]): r for r in report["results"]}


arguments = argparse.ArgumentParser()
arguments.add_argument("names", nargs="+")
arguments.add_argument("--before")
arguments = arguments.parse_args()
for name in arguments.names:
    # One after the other for each model, so that what else the machine does weighs on both.
    troupe = [str(TROUPE), "bench", "policy", name, "--json", "--threads", THREADS]
    ours = run(*troupe)
    before = rates(run(arguments.before, *troupe[1:])) if arguments.before else {}
    try:
        theirs = run("python3", str(HERE / "peers/policy_transformers.py"), name, "--threads", THREADS)
    except subprocess.CalledProcessError:
        print("transformers: not installed (pip install torch transformers)")
        theirs = {"versions": "no peer", "results": []}
    inexact = rates(run(*troupe, "--inexact"))
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
        print(line + f"; exactness costs {100 * (1 - result['rate'] / inexact[key]['rate']):.0f} %")
