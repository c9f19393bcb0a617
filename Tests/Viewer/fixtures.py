"""The pages that the tests open.

run.json is the page data of a real run, which make_run.py makes; all others are made up here.
"""

import copy
import json
import random
from pathlib import Path

RUN = Path(__file__).with_name("run.json")


def page_data(title, runs=(), episodes=()):
    return {
        "schema": "troupe.page",
        "version": 1,
        "program": "troupe 0.1.0",
        "title": title,
        "runs": list(runs),
        "episodes": list(episodes),
    }


def run():
    """A finished run of sixty steps."""
    return json.loads(RUN.read_text())


def comparison():
    data, draw = run(), random.Random(2)
    base = data["runs"][0]
    for seed, rate in ((32, 0.002), (33, 0.0005)):
        other = copy.deepcopy(base)
        other["name"] = f"two families, seed {seed}"
        other["scenario"]["seed"] = seed
        other["scenario"]["optimizer"]["executor"]["learningRate"] = rate
        for name, column in other["metrics"].items():
            if name not in ("step", "stage", "role"):
                other["metrics"][name] = [
                    value if value is None else value * draw.uniform(0.85, 1.2) for value in column
                ]
        for entry in other["outcomes"]:
            entry["solved"] = "".join(
                ("1" if draw.random() < 0.7 else "0") if draw.random() < 0.3 else bit
                for bit in entry["solved"]
            )
        data["runs"].append(other)
    data["title"] = "two families, three seeds"
    return data


def running():
    data = run()
    own = data["runs"][0]
    own["state"] = {"kind": "running", "step": 41, "steps": 60, "note": None}
    own["metrics"] = {name: column[:41] for name, column in own["metrics"].items()}
    own["evaluation"], own["evaluatedDesigns"], own["crossings"], own["outcomes"] = None, None, None, []
    data["refresh"] = 3600
    return data


def incomplete():
    """A run of which only the scenario and a torn log are left."""
    data = run()
    own = data["runs"][0]
    own["state"] = {
        "kind": "incomplete",
        "step": 0,
        "steps": 60,
        "note": "metrics.csv:1: the last line is cut short",
    }
    for name in ("metrics", "timings", "evaluation", "evaluatedDesigns", "crossings", "designs"):
        own[name] = None
    own["outcomes"], own["distributions"] = [], []
    return data


def beginning():
    """A run whose tables have their headers and no rows yet."""
    data = run()
    own = data["runs"][0]
    own["state"] = {"kind": "running", "step": 0, "steps": 60, "note": None}
    for name in ("metrics", "timings", "evaluation", "evaluatedDesigns", "crossings"):
        own[name] = {column: [] for column in own[name]}
    own["outcomes"] = []
    own["designs"] = {"buckets": [], "scripts": [], "counts": {name: [] for name in own["designs"]["counts"]}}
    own["distributions"] = [
        dict(one, counts=[[0] * 24 for _ in one["counts"]]) for one in own["distributions"]
    ]
    data["episodes"] = []
    return data


def episode(identity, events, **more):
    own = {
        "type": "episode",
        "id": identity,
        "parent": None,
        "kind": "episode",
        "seed": "7",
        "strategy": "fifo",
        "events": len(events),
        "time": events[-1]["time"] if events else 0,
        "status": "finished",
        "failure": None,
        "task": None,
        "script": None,
        "design_fault": None,
        "answer": None,
        "solved": None,
        "reward": None,
        "calls": [],
        "tool_calls": [],
        "tokens": 0,
        "design_tokens": 0,
        "faults": [],
        "violations": [],
        "credit": None,
    }
    own.update(more)
    return {"run": None, "step": None, "episode": own, "events": events}


def event(identity, number, time, kind, subject, peer="", name="", **more):
    return {
        "type": "event",
        "episode": identity,
        "event": number,
        "time": time,
        "kind": kind,
        "subject": subject,
        "peer": peer,
        "name": name,
        "inherited": False,
        **more,
    }


def faults():
    """An episode with every kind of event, and an expectation that does not hold; and a fork of it."""
    name = "episode-0"
    rows = [
        (0, "spawn", "root/asker", "", "", {}),
        (0, "spawn", "root/solver", "", "", {}),
        (0, "spawn", "root/checker", "", "", {}),
        (0, "delivery", "root/asker", "root", "start", {"payload": {}}),
        (0, "delivery", "root/solver", "root/asker", "line", {"payload": {"text": "what is 2 + 2?"}}),
        (0, "persist", "root/solver", "", "memory", {"payload": "a1"}),
        (1.5, "timer", "root/solver", "", "pause", {}),
        (1.5, "delivery", "root/asker", "root/solver", "line", {"payload": {"text": "4"}}),
        (1.5, "delivery", "root/checker", "root/asker", "line", {"payload": {"text": "4, checked?"}}),
        (1.5, "call", "root/checker", "", "lookup", {"call": 1, "payload": "00ff"}),
        (1.8, "fault", "root/checker", "", "slow 10x", {}),
        (2.0, "completion", "root/checker", "", "lookup", {"call": 1, "units": 3, "payload": "01"}),
        (2.0, "note", "root/checker", "", "remark", {"said": {"text": "right, I think"}}),
        (2.0, "drop", "root/asker", "root/checker", "line", {"payload": {"text": "right"}}),
        (2.4, "crash", "root/solver", "", "", {}),
        (2.6, "deadLetter", "root/solver", "root/asker", "line", {"payload": {"text": "still there?"}}),
        (3.0, "restart", "root/solver", "", "", {}),
        (3.0, "discard", "root/solver", "", "send", {}),
        (3.0, "reply", "root/asker", "root/solver", "line", {"payload": {"text": "yes"}}),
        (4.0, "cancellation", "root/asker", "", "sleep", {}),
        (4.0, "adoption", "root/asker", "", "task", {}),
        (5.0, "deadline", "root/asker", "root/checker", "line", {}),
        (5.0, "mark", "root", "", "late", {}),
        (5.0, "failure", "root", "", "deadlock: asker waits for checker", {}),
    ]
    events = [
        event(name, number, time, kind, subject, peer, word, **more)
        for number, (time, kind, subject, peer, word, more) in enumerate(rows)
    ]
    events[8]["ready"] = [
        {"kind": "delivery", "subject": "root/asker", "peer": "root/solver", "name": "line", "time": 1.5},
        {"kind": "delivery", "subject": "root/checker", "peer": "root/asker", "name": "line", "time": 1.5},
    ]
    events[8]["chosen"] = 1
    shared = {
        "status": "failed",
        "failure": "deadlock: asker waits for checker",
        "violations": ["answerWithin 2.2 s: there was no answer", "rewardAtLeast 1: the reward was 0"],
        "violation_events": [{"event": 14, "time": 2.4}, {"event": 23, "time": 5.0}],
        "faults": [
            {"event": 13, "text": "drop: the first message from checker to asker"},
            {"event": 14, "text": "crash of solver"},
        ],
    }
    first = episode(name, events, **shared)
    own = copy.deepcopy(events[:13])
    for entry in own:
        entry.update(episode=name + "/fork-1", inherited=True)
    own += [
        event(
            name + "/fork-1",
            13,
            2.0,
            "delivery",
            "root/asker",
            "root/checker",
            "line",
            payload={"text": "right"},
        ),
        event(name + "/fork-1", 14, 2.0, "finish", "root/asker", "", "", said={"answer": "4", "reward": 1}),
    ]
    second = episode(
        name + "/fork-1",
        own,
        kind="fork",
        answer="4",
        reward={
            "executors": 1,
            "designer": None,
            "parts": [{"name": "answer", "executors": 1, "designer": 0}],
        },
        parent={"episode": name, "event": 13, "replacement": None},
    )
    return page_data("a lost reply", episodes=[first, second])


HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 2'>",
    "javascript:window.hacked=3",
    "\u202egnirts desrever\u202c",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0645\u0631\u062d\u0628\u0627 42 abc",
    "\u0000\u0007\u001b[31mred\u0085",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f4\u200d\u2620\ufe0f",
    "\ufffd not UTF-8",
    "a" * 5000,
    "Z\u0351\u036b\u0343" * 200,
    "\ufeff\u200b\u2066hidden\u2069",
    "&lt;b&gt; &amp; \" ' `",
    "{{constructor.constructor('window.hacked=4')()}}",
    "__proto__",
]


def hostile():
    """Texts that try to leave their place, in every field that holds text; one of a megabyte."""
    events, name = [], "hostile-" + HOSTILE[0]
    for number, text in enumerate(HOSTILE + ["m\n" * 500_000]):
        events.append(
            event(
                name,
                number,
                number / 10,
                "delivery",
                "root/" + text[:200],
                "root/" + HOSTILE[1],
                text[:300],
                payload={"text": text, text[:100]: [text[:100], None, 1e300]},
            )
        )
    tokens = [
        {"id": i, "text": text[:400], "log_probability": -0.3 * i, "allowed": 3, "alternatives": HOSTILE[:3]}
        for i, text in enumerate(HOSTILE)
    ]
    number = len(events)
    events.append(
        event(
            name,
            number,
            3,
            "call",
            "root/a",
            "",
            HOSTILE[0],
            call=1,
            said={
                "role": HOSTILE[1],
                "caller": "executor",
                "statement": 0,
                "index": 0,
                "prompt": "\n".join(HOSTILE),
                "prompt_tokens": 3,
                "maximum_tokens": 5,
                "temperature": 1.0,
                "seed": "18446744073709551615",
            },
        )
    )
    events.append(
        event(
            name,
            number + 1,
            4,
            "completion",
            "root/a",
            "",
            HOSTILE[0],
            call=1,
            units=2,
            said={"text": "".join(HOSTILE), "stop": HOSTILE[0], "log_probability": -1.0, "tokens": tokens},
        )
    )
    events.append(event(name, number + 2, 4, HOSTILE[0], "root/a", "", HOSTILE[1], payload="ff00"))
    call = {
        "statement": 0,
        "index": 0,
        "role": HOSTILE[0],
        "on_path": True,
        "fault": HOSTILE[1],
        "tokens": 1,
        "advantage": -0.5,
    }
    one = episode(
        name,
        events,
        task={"family": HOSTILE[0], "level": 2, "statement": HOSTILE[3] + HOSTILE[0], "solution": HOSTILE[1]},
        script="a = agent " + HOSTILE[0] + "(task);\nanswer a",
        answer=HOSTILE[1],
        solved=False,
        failure=HOSTILE[0],
        violations=HOSTILE[:4],
        calls=[call],
        tool_calls=[call],
        faults=[{"event": 1, "text": HOSTILE[0]}],
        design_fault=HOSTILE[1],
        reward={
            "executors": 1,
            "designer": 1,
            "parts": [{"name": HOSTILE[0], "executors": 1, "designer": 0}],
        },
        credit={"designer": 0.1, "executors": 0.1, "lacks": HOSTILE[1]},
    )
    data = run()
    own = data["runs"][0]
    own["name"], own["directory"], own["state"]["note"] = HOSTILE[0] + HOSTILE[3], HOSTILE[1], HOSTILE[0]
    own["facts"] = [{"name": text[:200], "value": text} for text in HOSTILE]
    own["commands"] = [{"does": HOSTILE[0], "text": text} for text in HOSTILE]
    own["scenario"][HOSTILE[0]] = {text[:80]: text for text in HOSTILE}
    own["designs"]["scripts"][: len(HOSTILE)] = HOSTILE
    own["evaluation"]["family"] = [
        HOSTILE[place % 2] + family for place, family in enumerate(own["evaluation"]["family"])
    ]
    one["run"], one["step"] = 0, 3
    data["title"], data["episodes"] = HOSTILE[0], [one]
    return data


def many(count=10_000, actors=12):
    """An episode of many events."""
    name, events, draw, time = "long", [], random.Random(3), 0.0
    for number in range(actors):
        events.append(event(name, number, 0, "spawn", f"root/actor-{number}"))
    call = 0
    while len(events) < count:
        number = len(events)
        time = round(time + draw.choice([0, 0, 0, 0.01, 0.25]), 4)
        one, other = draw.sample(range(actors), 2)
        if number % 3 == 0:
            call += 1
            events.append(event(name, number, time, "call", f"root/actor-{one}", "", "generate", call=call))
        elif number % 3 == 1 and call:
            events.append(
                event(
                    name,
                    number,
                    time,
                    "completion",
                    events[-1]["subject"],
                    "",
                    "generate",
                    call=call,
                    units=2,
                )
            )
        else:
            events.append(
                event(
                    name,
                    number,
                    time,
                    "delivery",
                    f"root/actor-{one}",
                    f"root/actor-{other}",
                    "line",
                    payload={"text": f"message {number}"},
                )
            )
        if number % 997 == 0:
            events[-1]["kind"] = "fault"
    return page_data("ten thousand events", episodes=[episode(name, events)])


def long_script(statements=64):
    """A design of many statements."""

    def letters(number):
        return (chr(97 + number // 26 - 1) if number >= 26 else "") + chr(97 + number % 26)

    draw, lines = random.Random(4), []
    nodes = [
        "agent step({})",
        "ensemble 5 solve({}) by majority",
        "reflect 2 check solve({})",
        "debate 3 2 solve({}) by join",
        "repeat 3 step until test({})",
        "split 4 cut solve join({})",
        "route pick to solve, step({})",
        "tool run({})",
    ]
    for number in range(statements):
        inputs = (
            ["task"]
            if number == 0
            else [letters(draw.randrange(max(0, number - 6), number)) for _ in range(draw.choice([1, 1, 2]))]
        )
        lines.append(f"{letters(number)} = {draw.choice(nodes).format(', '.join(dict.fromkeys(inputs)))};")
    script = (
        "define p(x) [\n  a = agent step(x);\n  b = agent solve(a);\n  answer b\n];\n"
        + "\n".join(lines)
        + f"\nanswer {letters(statements - 1)}"
    )
    events = [event("wide", 0, 0, "spawn", "root/environment")]
    for number in range(statements):
        actor = "root/environment/" + letters(number)
        for kind, subject, peer, name in (
            ("spawn", actor, "", ""),
            ("delivery", actor, "root/environment", "actors.work"),
            ("reply", "root/environment", actor, "actors.worked"),
        ):
            payload = (
                {"id": {"statement": number, "index": 0}, "role": "step"}
                if kind == "delivery"
                else {"tokens": 1}
            )
            more = {} if kind == "spawn" else {"payload": payload}
            events.append(
                event(
                    "wide",
                    len(events),
                    number / 4 + (0.2 if kind == "reply" else 0),
                    kind,
                    subject,
                    peer,
                    name,
                    **more,
                )
            )
    return page_data(
        "a long script",
        episodes=[
            episode(
                "wide",
                events,
                script=script,
                task={"family": "arithmetic", "level": 3, "statement": "7 + 2", "solution": "9"},
                answer="9",
                solved=True,
            )
        ],
    )


def parts():
    """A design whose work is done in a part of the scenario's library."""
    events = [event("parts", 0, 0, "spawn", "root/environment")]
    for place, (actor, role) in enumerate((("a.a", "step"), ("a.b", "solve"))):
        path = "root/environment/" + actor
        work = {"id": {"statement": 0, "index": place}, "role": role}
        events.append(event("parts", len(events), place, "spawn", path))
        events.append(
            event(
                "parts", len(events), place, "delivery", path, "root/environment", "actors.work", payload=work
            )
        )
        events.append(
            event(
                "parts",
                len(events),
                place + 0.5,
                "reply",
                "root/environment",
                path,
                "actors.worked",
                payload={"tokens": 1},
            )
        )
    data = run()
    library = ["define chain(x) [ a = agent step(x); b = agent solve(a); answer b ]"]
    data["runs"][0]["scenario"]["script"]["library"] = library
    own = episode("parts", events, script="a = use chain(task);\nanswer a")
    own["run"] = 0
    data["episodes"] = [own]
    return data


PAGES = {
    function.__name__: function
    for function in (
        run,
        comparison,
        running,
        beginning,
        incomplete,
        faults,
        hostile,
        many,
        long_script,
        parts,
    )
}
