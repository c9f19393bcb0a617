#!/usr/bin/env python3
"""Writes Fixtures/credit.json: advantages of each estimator on several trees, in exact rational arithmetic.

    python3 Tests/SimTests/record_credit_fixtures.py

Rewards are the doubles that the tests read, taken as exact fractions. Means and deviations are fractions; only the root of a
variance is not, and it is taken to 60 digits before the quotient is rounded to a double, once. The formulas are those of the
papers (see docs/credit.md), written here from the papers, and share nothing with Sources.
"""

import json
from fractions import Fraction
from math import isqrt
from pathlib import Path

EPSILON = Fraction(1e-6)
DIGITS = 10**60


def root(value):
    """The square root of a fraction, to 60 digits after the point."""
    return Fraction(isqrt(value.numerator * DIGITS**2 // value.denominator), DIGITS)


def grpo(rewards):
    mean = sum(rewards) / len(rewards)
    return [reward - mean for reward in rewards]


def normalized(rewards):
    """Mean and deviation of the population; equal rewards are 0."""
    differences = grpo(rewards)
    deviation = root(sum(d * d for d in differences) / len(rewards))
    return [d / (deviation + EPSILON) for d in differences]


def rloo(rewards):
    """For each reward, its difference from the mean of the others; 0 if there are none."""
    if len(rewards) == 1:
        return [Fraction(0)]
    return [r - sum(rewards[:i] + rewards[i + 1:]) / (len(rewards) - 1) for i, r in enumerate(rewards)]


def members(task, grouping, by_role):
    """Triples (key of the group, where the advantage goes, reward) of a task."""
    for d, design in enumerate(task):
        for e, reward in enumerate(design["executions"]):
            own = None if grouping == "question" else d
            if grouping != "turn" and not by_role:
                yield own, (d, e, None), Fraction(reward)
                continue
            for c, (role, statement, index) in enumerate(design["calls"][e]):
                place = (statement, index) if grouping == "turn" else None
                yield (own, role if by_role else None, place), (d, e, c), Fraction(reward)


def advantages(tree, formula, grouping, by_role=False):
    result = []
    for task in tree:
        designers = formula([Fraction(design["reward"]) for design in task]) if task else []
        credits = [
            {"designer": a, "executions": [Fraction(0)] * len(d["executions"]),
             "calls": [[None] * len(calls) for calls in d["calls"]] if grouping == "turn" or by_role else []}
            for a, d in zip(designers, task)]
        groups = {}
        for key, place, reward in members(task, grouping, by_role):
            groups.setdefault(key, []).append((place, reward))
        for group in groups.values():
            for ((d, e, c), _), advantage in zip(group, formula([reward for _, reward in group])):
                if c is None:
                    credits[d]["executions"][e] = advantage
                else:
                    credits[d]["calls"][e][c] = advantage
        for credit in credits:
            for e, calls in enumerate(credit["calls"]):
                credit["executions"][e] = sum(calls) / len(calls) if calls else Fraction(0)
            credit["designer"] = float(credit["designer"])
            credit["executions"] = [float(a) for a in credit["executions"]]
            credit["calls"] = [[float(a) for a in calls] for calls in credit["calls"]]
        result.append(credits)
    return result


def design(reward, executions, *calls):
    """A design; each of `calls` is a text such as `solve.0 check.1`, a role and the statement it is in."""
    def call(text):
        role, statement = text.split(".")
        return [role, int(statement), 0]
    return {"reward": reward, "executions": executions, "calls": [[call(c) for c in each.split()] for each in calls]}


TREES = {
    "two designs of two": [[
        design(0.5, [1, 0], "solve.0", "solve.0"),
        design(0, [0, -0.1], "step.0 solve.1", "step.0 solve.1"),
    ]],
    "the paper's four of four": [[
        design(0.97, [1, 1, 0.9, 1], *["step.0 solve.1 check.2"] * 4),
        design(0.47, [1, 0, 0, 0.9], *["step.0 solve.1"] * 4),
        design(0, [0, 0, -0.1, -0.2], "solve.0", "solve.0", "solve.0", "solve.0 check.1"),
        design(-0.1, [0, 0, 0, 0], "", "", "", ""),
    ]],
    "ragged tasks": [
        [design(1, [1], "solve.0"), design(0.25, [0.3, -2.75, 0.3], "solve.0 solve.1", "solve.0", "check.2")],
        [],
        [design(3, [])],
        [design(1e3, [1e3, 1e-3], "step.0", "step.0 check.1"), design(-7, [2], "check.0 step.1 solve.2")],
    ],
    "equal rewards": [[design(0.1, [0.1] * 3, *["step.0 solve.1"] * 3), design(0.1, [0.1] * 3, *["solve.0"] * 3)]],
}
GROUPINGS = ["question", "design", "turn"]


def main():
    cases = []
    for name, tree in TREES.items():
        found = {"metaagent": advantages(tree, normalized, "question")}
        for grouping in GROUPINGS:
            found[f"grpo {grouping}"] = advantages(tree, grpo, grouping)
            found[f"grpo normalized {grouping}"] = advantages(tree, normalized, grouping)
            found[f"rloo {grouping}"] = advantages(tree, rloo, grouping)
            found[f"peragent {grouping}"] = advantages(tree, normalized, grouping, by_role=True)
        cases.append({"name": name, "tree": tree, "advantages": found})
    path = Path(__file__).resolve().parent / "Fixtures" / "credit.json"
    path.write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")
    print(f"{path.name}: {len(cases)} trees, {len(cases[0]['advantages'])} estimators each")


if __name__ == "__main__":
    main()
