#!/usr/bin/env python3
"""Prints the tables of docs/results.md for studies whose results are kept: means over seeds, differences, and each seed.

    scenarios/studies/tables.py RESULTS... [--arm ARM]

RESULTS are files `results.csv` of one study whose cells were computed at different times, by other seeds. A rate is the mean over
families; an interval is Student's 95 % interval over seeds. The arm, the study's first unless given, is compared with
all policies of its own and with what the other arms end with; only seeds that both have count, so differences are paired.
"""
import argparse, csv, math, statistics

# Student's t at 97.5 %, by degrees of freedom (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2).
QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179]
LAST = "both trained"

arguments = argparse.ArgumentParser()
arguments.add_argument("results", nargs="+")
arguments.add_argument("--arm")
arguments = arguments.parse_args()
rows = {}
for path in arguments.results:
    for row in csv.DictReader(open(path)):
        key = row["arm"], row["policy"], row["family"], row["decoding"], int(row["seed"])
        if key in rows:
            raise SystemExit(f"{path}: {key} is given twice")
        rows[key] = row
arms, families, decodings, seeds = (list(dict.fromkeys(key[index] for key in rows)) for index in (0, 2, 3, 4))
seeds.sort()
arm = arguments.arm or arms[0]
policies = [(arm, policy) for policy in dict.fromkeys(key[1] for key in rows if key[0] == arm) if policy != LAST]
policies += [(other, LAST) for other in arms if other != arm] + [(arm, LAST)]


def rate(policy, seed, decoding, chosen, column="successes", unit=100):
    """Mean over families; None if a family is missing."""
    values = [rows.get((*policy, family, decoding, seed)) for family in chosen]
    if None in values:
        return None
    return unit * statistics.mean(int(value[column]) / int(value["episodes"]) for value in values)


def mean(values, sign=""):
    values = [value for value in values if value is not None]
    if len(values) < 2:
        return f"{values[0]:{sign}.1f}" if values else "-"
    half = QUANTILES[len(values) - 2] * statistics.stdev(values) / math.sqrt(len(values))
    center = statistics.mean(values)
    return f"{center:{sign}.1f} [{center - half:{sign}.1f}, {center + half:{sign}.1f}]"


def each(values, sign=""):
    return ", ".join("-" if value is None else f"{value:{sign}.1f}" for value in values)


def table(*lines):
    print("| " + " | ".join(lines[0]) + " |\n|" + " --- |" * len(lines[0]))
    for line in lines[1:]:
        print("| " + " | ".join(line) + " |")
    print()


def name(policy):
    return f"{policy[0]}: {policy[1]}"


single = [(family, decoding) for decoding in decodings for family in families]
print(f"Seeds {', '.join(map(str, seeds))}; {', '.join(families)}.\n")
table(["%"] + decodings + [f"{family}, {decoding}" for family, decoding in single] + ["calls", "tokens"], *(
    [name(policy)]
    + [mean([rate(policy, seed, decoding, families) for seed in seeds]) for decoding in decodings]
    + [mean([rate(policy, seed, decoding, [family]) for seed in seeds]) for family, decoding in single]
    + [f"{statistics.mean(v for v in (rate(policy, s, decodings[0], families, c, 1) for s in seeds) if v is not None):.1f}"
       for c in ("calls", "tokens")]
    for policy in policies))
for title, chosen in [("all families", families)] + [(family, [family]) for family in families]:
    def differences(policy, decoding):
        pairs = [(rate((arm, LAST), seed, decoding, chosen), rate(policy, seed, decoding, chosen)) for seed in seeds]
        return [None if None in pair else pair[0] - pair[1] for pair in pairs]

    table([f"{arm}: {LAST}, less ({title})"] + decodings + [f"{decoding}, by seed" for decoding in decodings], *(
        [name(policy)] + [mean(differences(policy, decoding), "+") for decoding in decodings]
        + [each(differences(policy, decoding), "+") for decoding in decodings] for policy in policies[:-1]))
table(["by seed"] + [f"{family}, {decoding}" for family, decoding in single], *(
    [name(policy)] + [each([rate(policy, seed, decoding, [family]) for seed in seeds]) for family, decoding in single]
    for policy in policies))
