#!/usr/bin/env python3
"""Says what goes wrong when executors carry out `step; step; solve` on stories of three changes, as training goes on.

usage: scenarios/studies/language/errors.py TROUPE RUN [STEPS]

RUN is the directory of a run of scenarios/language.json5, and STEPS how many training steps stand in a line (default: 6). An execution
that does not solve its problem counts for the first of its calls that is wrong, under one of these names:

  format     what was said has no calculation, or the last call does not end with its answer
  start      it begins with another number than the last result
  skipped    it is another change of the story than the next one
  operation  it has the next change's number, but another operation
  number     it has neither a change's number and operation, nor the next one's number
  sum        its result is wrong
"""
import collections, json, re, subprocess, sys

KINDS = ["format", "start", "skipped", "operation", "number", "sum"]
# By which words Sources/Actors/Tasks/Stories tells a change.
WORDS = {"times": "*", "gives away": "-", "loses": "-", "eats": "-", "sells": "-", "finds": "+", "buys": "+", "gets": "+", "given": "+"}
RESULT = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


def story(text):
    """The first number of a story, and its changes as operations and numbers."""
    first, *sentences = re.split(r"(?<=\.) ", text)
    changes = []
    for sentence in sentences:
        if sentence.startswith("How many"):
            break
        operation = next((operation for words, operation in WORDS.items() if words in sentence), None)
        if operation is None:
            sys.exit(f"no change is known in: {sentence}")
        changes.append((operation, int(re.search(r"\d+", sentence)[0])))
    return int(re.search(r"has (\d+)", first)[1]), changes


def error(text, said):
    """What is wrong in what the three executors said."""
    value, changes = story(text)
    for index, words in enumerate(said):
        found = re.match(r"\s*(\d+) ([-+*]) (\d+) = (-?\d+)", words)
        if not found:
            return "format"
        start, change, result = int(found[1]), (found[2], int(found[3])), int(found[4])
        if start != value:
            return "start"
        if change != changes[index]:
            return "skipped" if change in changes else "operation" if change[1] == changes[index][1] else "number"
        value = RESULT[change[0]](start, change[1])
        if result != value:
            return "sum"
    return "format"


def main(troupe, run, steps="6"):
    command = [troupe, "log", f"{run}/episodes.log", "--most", "0", "--json", "--events", "--family", "stories"]
    episodes, said = {}, collections.defaultdict(list)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as log:
        for line in log.stdout:
            entry = json.loads(line)
            if entry["type"] == "episode" and entry["kind"] == "execution":
                episodes[entry["id"]] = entry
            elif entry["type"] == "event" and entry["kind"] == "completion" and not entry["inherited"]:
                said[entry["episode"]].append(entry["said"]["text"])
    if log.returncode:
        sys.exit(log.returncode)
    counts = collections.defaultdict(collections.Counter)
    for name, episode in episodes.items():
        roles = [call["role"] for call in episode["calls"]]
        if roles != ["step", "step", "solve"] or "ensemble" in episode["script"]:
            continue
        # Two mistakes may make up for each other.
        found = "solved" if episode["solved"] else error(episode["task"]["statement"], said[name])
        counts[int(name.split("/")[0].removeprefix("step-")) // int(steps)].update([found])
    print("steps     executions  solved  " + "  ".join(f"{kind:>9}" for kind in KINDS))
    for part, count in sorted(counts.items()):
        total, first = sum(count.values()), part * int(steps) + 1
        shares = "  ".join(f"{100 * count[kind] / total:8.1f}%" for kind in KINDS)
        print(f"{first:>3} to {first + int(steps) - 1:<3} {total:>10}  {100 * count['solved'] / total:5.1f}%  {shares}")


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__.split("\n\n")[1])
    main(*sys.argv[1:])
