#!/usr/bin/env python3
"""Writes Fixtures/credit.json: advantages of each estimator on several trees, in exact rational arithmetic; and
Fixtures/forks.json: the credit of the calls of several games, from the rewards of their coalitions.

    python3 Tests/SimTests/record_credit_fixtures.py

Rewards are the doubles that the tests read, taken as exact fractions. Means and deviations are fractions; only the root of a
variance is not, and it is taken to 60 digits before the quotient is rounded to a double, once. The formulas are those of the
papers (see docs/credit.md), written here from the papers, and share nothing with Sources.
"""

import json
from fractions import Fraction
from itertools import permutations
from math import factorial, isqrt
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


def shapley(worth, calls):
    """Shapley values from the definition by orders: the mean over all n! orders of what a call adds to those before it.
    `worth` has the reward of each coalition by its bits."""
    values = [Fraction(0)] * calls
    for order in permutations(range(calls)):
        present = 0
        for call in order:
            values[call] += worth[present | 1 << call] - worth[present]
            present |= 1 << call
    return [value / factorial(calls) for value in values]


def left_out(worth, calls):
    """What the reward of all exceeds that of all but one by."""
    everyone = (1 << calls) - 1
    return [worth[everyone] - worth[everyone & ~(1 << call)] for call in range(calls)]


def pseudorandom(count, seed):
    """Thousandths from -10 to 10, by a linear congruence."""
    values = []
    for _ in range(count):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append((seed >> 33) % 20001 / 1000 - 10)
    return values


# The rewards of coalitions by their bits: call 0 is the lowest bit.
GAMES = {
    "gloves: one has a left glove and two have right ones": [0, 0, 0, 1, 0, 1, 0, 1],
    "majority of three": [0, 0, 0, 1, 0, 1, 1, 1],
    "airport: runways of 1, 2 and 4": [max([0] + [c for i, c in enumerate([1, 2, 4]) if m >> i & 1]) for m in range(8)],
    "one call": [0.25, 1],
    "a chain of four that works only whole, and a fifth that spoils a tenth":
        [(1 if m & 15 == 15 else 0) - 0.1 * (m >> 4 & 1) for m in range(32)],
    "eight calls, thousandths": pseudorandom(256, 1),
    "six calls, thousandths": pseudorandom(64, 2),
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
    games = []
    for name, rewards in GAMES.items():
        worth, calls = [Fraction(reward) for reward in rewards], len(rewards).bit_length() - 1
        games.append({"name": name, "calls": calls, "rewards": rewards,
                      "shapley": [float(value) for value in shapley(worth, calls)],
                      "leaveoneout": [float(value) for value in left_out(worth, calls)]})
    (path.parent / "forks.json").write_text("[\n" + ",\n".join(map(json.dumps, games)) + "\n]\n")
    print(f"{path.name}: {len(cases)} trees, {len(cases[0]['advantages'])} estimators each")


if __name__ == "__main__":
    main()
