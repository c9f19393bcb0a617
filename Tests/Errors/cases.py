"""The cases of Tests/Errors/make.py: what is done, and what to do about it. What is said comes from the program."""
import os
from dataclasses import dataclass


@dataclass
class Case:
    command: str
    todo: str
    shown: str = ""       # what the page shows as done; the command if empty
    words: str = ""       # words before it
    file: str = ""        # a file that is written first
    text: str = ""
    before: str = ""      # a command that is run first
    code: int = 2
    keep: str = ""        # only lines with this text are shown


def run(command, todo, **more):
    return Case("troupe " + command, todo, **{"shown": "troupe " + command, **more})


def scenario(text, todo, verb="check", **more):
    return Case(f"troupe {verb} s.json5", todo, **{"shown": text, "file": "s.json5", "text": text, **more})


def script(text, todo, limits="", **more):
    option = f" --scenario {limits}" if limits else ""
    return Case(f"troupe check s.mas{option}", todo, **{"shown": text, "file": "s.mas", "text": text, **more})


def question(line, todo, **more):
    return Case("troupe train questions.json5 --out x --quiet", todo, shown=line, file="questions.jsonl", text=line + "\n", **more)


def text_question(line, todo, **more):
    return Case("troupe train asked-in-text.json5 --out x --quiet", todo, shown=line, file="questions.jsonl", text=line + "\n", **more)


def study(text, todo):
    return Case("troupe check s.json5", todo, shown=text, file="s.json5", text=text)


def after(words, before, command, todo, **more):
    return Case("troupe " + command, todo, **{"shown": "troupe " + command, "words": words, "before": before, **more})


SMALL = """{
  tasks: { families: [{ name: "ordering", levels: [2, 3] }], heldOut: { perFamily: 4 } },
  policy: { hiddenSize: 16, layers: 1, heads: 1, keyValueHeads: 1, headDimension: 16, intermediateSize: 16 },
  tools: ["run"], script: { maximumCalls: 4 },
  coldStart: { steps: 2, warmup: 1, designer: { batch: 1 }, executor: { batch: { ordering: 2 } } },
  rollout: { tasks: 2, designs: 2, executions: 2 }, stages: { count: 1, executorSteps: 2, designerSteps: 1 },
  evaluation: { every: 10 },
}
"""
ASKED = """{
  agents: [
    { name: "a", lines: [{ say: "why?", to: "b" }, { on: "because", say: "I see", reward: 1 }] },
    { name: "b", lines: [{ on: "why?", after: 2, say: "because", to: "a" }] },
  ],
  expect: [{ kind: "answerWithin", seconds: 5 }, { kind: "rewardAtLeast", value: 1 }],
}
"""
FILES = {
    "small.json5": SMALL,
    "asked.json5": ASKED,
    "late.json5": ASKED.replace("after: 2", "after: 9"),
    "other.json5": ASKED.replace("after: 2", "after: 3"),
    "worded.json5": """{ script: { maximumWording: 20 } }
""",
    "asked-in-text.json5": """{ tasks: { families: [{ name: "questions", path: "questions.jsonl", levels: [1, 1] }] } }
""",
    "questions.json5": """{
  tasks: { families: [{ name: "file", path: "questions.jsonl", levels: [1, 2] }] }, roles: ["solve"],
  coldStart: { executor: { shares: { solve: 1 } } },
}
""",
    "split.json5": SMALL.replace('tools: ["run"]', 'weights: { kind: "split" }, tools: ["run"]'),
    "coevolution.json5": open(os.path.join(os.path.dirname(__file__), "../../scenarios/coevolution.json5"), encoding="utf-8").read(),
    "parts.json5": """{ script: { nodes: ["agent", "ensemble", "route", "use"], maximumParts: 2, maximumCalls: 6, maximumInputs: 2 } }""",
}
PREPARE = [
    "troupe run asked.json5 --log asked.log --quiet",
    "troupe train small.json5 --out run --quiet",
    "troupe train split.json5 --out split --quiet",
]
EXECUTION = "step-0/task-0/design-0/execution-0"
BYTE = "python3 -c \"import sys; d = bytearray(open('asked.log', 'rb').read()); {}; open('asked.log', 'wb').write(d)\""

GROUPS = [
    ("Commands and options", "Each ends before anything is read.", [
        run("chek", "Use the command that is named, or see `troupe --help`."),
        run("frobnicate", "See `troupe --help` for the commands."),
        run("check", "Give what is missing."),
        run("check one two", "Give one file. Quote a path that has blanks."),
        run("check asked.json5 --quite", "Use the option that is named."),
        run("check asked.json5 --frob", "See `troupe check --help` for its options."),
        run("run asked.json5 --seed", "Give the value behind the option."),
        run("run asked.json5 --quiet=yes", "Leave the value out."),
        run("run asked.json5 --seed 1 --seed 2", "Give the option once."),
        run("run asked.json5 --seed x", "Give a whole number."),
        run("run asked.json5 --episodes 0", "Give a number in the range."),
        run("replay asked.log --threads 65", "Give a number in the range."),
        run("run asked.json5 --products opnblas", "Use one of the names."),
        run("run asked.json5 --blas-kernel Haswell", "Add `--products openblas`, or leave the kernel out."),
        run("bench policy nano --inexact --products own", "Leave one of the two out."),
        run("bench lunch", "Use one of the names in `troupe bench --help`."),
        run("new x.json5 --kind fault", "Use one of the kinds."),
        run("new x.txt", "Give it a name that ends in .json5."),
        run("new asked.json5", "Give another name, or remove the old file."),
        run("new nowhere/x.json5", "Make the directory first."),
        run("new run --kind own-actors --package https://example.org/troupe", "Name a directory that does not exist yet."),
        run("new shop --kind own-actors --package nowhere", "Name the directory of Troupe's repository, or its URL."),
        run("new shop.json5 --package .", "Leave `--package` out, or add `--kind own-actors`."),
        run("completion tcsh", "Use one of the shells that are named."),
        run("explore asked.json5 --seeds 9..1", "Write the smaller seed first."),
        run("explore asked.json5 --strategy randm", "Use one of the strategies: random, pct, dfs, fifo."),
        run("train small.json5 --resume", "Name the run that is to go on: `--out DIR`."),
        run("eval small.json5", "Name the policy: `--policy DIR`."),
        run("eval small.json5 --policy run/policy --temperature -1", "Give a number in the range; 0 is greedy."),
        run("eval small.json5 --policy run/policy --log x.log", "Say which temperature: `--temperature 1`."),
        run("ceiling small.json5", "Name the policy: `--policy DIR`."),
        run("ceiling small.json5 --policy run/policy --method tre", "Use one of the methods."),
        run("ceiling small.json5 --policy run/policy --episodes 3", "Leave `--episodes` out, or choose another method."),
        run("log asked.log --reward good", "Write a comparison and a number, in quotes, because `<` is special to the shell."),
        run("log asked.log --kind call,compltion", "Use the kinds that are named."),
        run("log asked.log --most -1", "Give a number in the range; 0 lists all."),
        run("replay asked.log --until 3", "Add `--episode ID`."),
        run("fork asked.log", "Say where to fork: `--episode ID --at EVENT`; `troupe log` lists both."),
        run("fork asked.log --episode run/episode-0 --at 7 --hand-on --replace x", "Leave one of the two out."),
        run("report run run", "Say where to write: `--out FILE`."),
        run("report run --other x", "Add `--episode ID`; the first operand is then a log."),
        run("report asked.log --episode run/episode-0 --watch", "Leave `--watch` out."),
        run("report asked.log asked.log --episode run/episode-0", "Give one log."),
        run("export asked.log", "Say which: `--to eval`, for example."),
        run("export asked.log --to evl --out x", "Use the format that is named."),
        run("export asked.log --to eval", "Say where to write: `--out FILE`."),
        run("export run --to tensorboard --out x --failed", "Leave the option out."),
        run("export asked.log --to tensorboard --out x", "Name the directory of a run."),
        run("generate --prompt x", "Name the policy: `--policy DIR`."),
        run("generate --policy run/policy --prompt solve --logits", "Add `--json`."),
        run("generate --policy run/policy", "Give one of the two."),
        run("generate --policy run/policy --tokens 1,x", "Give token ids: whole numbers, commas between them."),
        run("generate --policy run/policy --tokens 1 --chat", "Give `--prompt`, or leave `--chat` out."),
        run("generate --policy run/policy --prompt solve --chat", "Leave `--chat` out: the policy has the words of Troupe and no chat template."),
        run("generate --policy split/policy --prompt solve", "Say which: `--role designer` or `--role executor`."),
        run("generate --policy split/policy --prompt solve --role critic", "Say `designer` or `executor`."),
        run("generate --policy run/policy --prompt solve --temperature -1", "Give a number of 0 or more."),
        run("generate --policy run/policy --prompt solve --top-p 2", "Give a number in the range."),
        run("serve", "Name the policy: `--policy DIR`."),
        run("serve --policy split/policy", "Say which: `--role designer` or `--role executor`."),
        run("serve --policy run/policy --products openblas", "Leave `--products` out."),
        run("serve --policy run/policy --format q4", "Give `bf16` or `q8_0`, or leave it out."),
        run("serve --policy run/policy --host 192.0.2.1", "Give an address of this machine, such as 127.0.0.1."),
    ]),
    ("Files", "", [
        run("check nothing.json5", "Check the path."),
        run("run nothing.json5", "Check the path."),
        after("a file with bytes that are no UTF-8:", "printf '\\377' > bytes.json5", "check bytes.json5", "Save the file as UTF-8."),
        run("replay nothing.log", "Check the path."),
        after("an empty directory:", "mkdir empty", "check empty", "Name a file, or the directory of a run, a study or a policy."),
        after("a run whose measurements end too early:", "sed -i '$d' run/metrics.csv", "check run", "A file of the run was changed. Restore it from a copy; the other files are as they were.", code=1),
        run("check split/policy", "The policy has a directory for each role: check `split/policy/designer` or `split/policy/executor`."),
        run("run asked.json5 --log asked.log", "Name another file, or remove the old one."),
        run("train small.json5 --out run", "Add `--resume` to go on with the run, or name another directory."),
        run("train small.json5 --out nowhere --resume", "Check the path; without `--resume` a new run begins."),
        run("train split.json5 --out run --resume", "Give the scenario and seed that the run was begun with, or another `--out`."),
        run("train small.json5 --out small.json5/x", "Name a directory that can be made."),
        run("run asked.json5 --log nowhere/x.log", "Make the directory first."),
        run("report nothing", "Check the path."),
        run("report asked.log", "A log is looked at by episode: `--episode ID`. A run is named by its directory."),
        Case("flock run troupe train small.json5 --out run --resume", "Wait for it, or end it; a run has one process at a time.",
             shown="troupe train small.json5 --out run --resume", words="while another process trains there:"),
        after("the state of a run, damaged:", "echo x > $(ls -d run/checkpoints/*/state.json | tail -1)", "train small.json5 --out run --resume",
              "The run cannot go on. Its log and its policies can still be used."),
        after("the log of a run, cut off:", "truncate -s 100 run/episodes.log", "train small.json5 --out run --resume",
              "The run cannot go on, because episodes that it had committed are gone. Restore the file from a copy."),
    ]),
    ("The text of a scenario", "A scenario is JSON5. Every error has the line and the column. The first column shows the file.", [
        scenario("", "Write at least `{}`.", words="an empty file"),
        scenario("[1]", "Put the settings into braces."),
        scenario("{ seed: 1", "Close the brace."),
        scenario("{ seed: 1 name: 'x' }", "Write a comma between settings."),
        scenario("{ seed 1 }", "Write a colon behind the key."),
        scenario("{ name: quickstart }", "Quote the text."),
        scenario("{ name: 'quickstart }", "Close the string."),
        scenario("{ seed: 1, seed: 2 }", "Keep one of the two."),
        scenario("{ seed: 1.2.3 }", "Write one number."),
        scenario("{} {}", "Keep one scenario in a file."),
        scenario("/* {}", "Close the comment: `*/`."),
        scenario("{ name: '\\u12' }", "Write four hexadecimal digits behind `\\u`."),
    ]),
    ("What a scenario says", "The path of the key stands behind the place. All errors of a kind are told at a time: first unknown keys and impossible values, then keys that are missing, then settings that contradict each other.", [
        scenario("{ sed: 1 }", "Use the key that is named."),
        scenario("{ frobnicate: 1 }", "Use one of the keys that are named."),
        scenario("{ seed: 'x' }", "Give a value of the right type."),
        scenario("{ seed: -1 }", "Give a value in the range."),
        scenario("{ name: '' }", "Give it a name."),
        scenario("{ strategy: 'randm' }", "Use one of the words."),
        scenario("{ roles: ['stp'] }", "Use one of the names."),
        scenario("{ roles: [] }", "Name at least one role."),
        scenario("{ roles: ['step', 'step'] }", "Name it once."),
        scenario("{ tools: ['rn'] }", "Use one of the names."),
        scenario("{ player: 'clerk' }", "Use one of the names, or the program that registers this one."),
        scenario("{ tasks: { families: [{ name: 'aritmetic' }] } }", "Use one of the names."),
        scenario("{ tasks: { families: [{ name: 'arithmetic', levels: [2, 9] }] } }", "Give levels that the family has; [families.md](families.md) lists them."),
        scenario("{ tasks: { families: [{ name: 'arithmetic', levels: [4, 2] }] } }", "Give the lower level first."),
        scenario("{ tasks: { families: [{ name: 'arithmetic', weight: 0 }] } }", "Give one family a weight above 0."),
        scenario("{ policy: { hiddenSize: 48, layers: 1, heads: 3, keyValueHeads: 2, headDimension: 16, intermediateSize: 48 } }", "Choose a number that divides the heads."),
        scenario("{ policy: { hiddenSize: 30, layers: 1, heads: 1, keyValueHeads: 1, headDimension: 16, intermediateSize: 48 } }", "Choose a multiple of 8."),
        scenario("{ policy: { heads: 3 } }", "Give all dimensions, or a `preset`."),
        scenario("{ policy: { preset: 'micro', layers: 3 } }", "Leave one of the two out."),
        scenario("{ coldStart: { steps: 10, warmup: 20 } }", "Make the warm-up shorter than the whole."),
        scenario("{ coldStart: { executor: { shares: { check: 1 } } } }", "Add the role to `roles`, or take the share out."),
        scenario("{ coldStart: { executor: { shares: { step: 0, solve: 0 } } } }", "Give one role a share above 0."),
        scenario("{ coldStart: { executor: { levels: { trace: [1] } } } }", "Name a family of the scenario."),
        scenario("{ coldStart: { designer: { uniformCalls: 3, chains: { arithmetic: [1] } } } }", "Leave one of the two out."),
        scenario("{ coldStart: { designer: { inTurn: true } } }", "Give `uniformCalls`, whose designs take turns, or leave `inTurn` out."),
        scenario("{ rollout: { designs: 0 } }", "Give a value in the range."),
        scenario("{ rollout: { designs: 2, coldDesigns: 3 } }", "Lower `coldDesigns`."),
        scenario("{ rollout: { executions: 1 }, credit: { executorGrouping: 'design' } }", "Play at least two executions, or compare those of a question."),
        scenario("{ tasks: { families: [{ name: 'arithmetic' }, { name: 'products' }] }, rollout: { scripts: { arithmetic: 'a = agent stp(task); answer a' } } }", "Repair the script at the place in it."),
        scenario("{ credit: { estimator: 'gpro' } }", "Use one of the names."),
        scenario("{ credit: { estimator: 'rloo', normalize: true } }", "Leave `normalize` out, or name `grpo`."),
        scenario("{ credit: { estimator: 'metaagent', executorGrouping: 'design' } }", "Use the grouping `question`, or another estimator."),
        scenario("{ credit: { estimator: 'shapley', executorGrouping: 'design' } }", "Leave the grouping out."),
        scenario("{ credit: { estimator: 'counterfactual', baseline: 'handOn', draws: 2 } }", "Leave `draws` out."),
        scenario("{ credit: { estimator: 'counterfactual', baseline: 'critic' } }", "Use one of the baselines, or a role of the scenario."),
        scenario("{ stages: { executorSteps: 0, designerSteps: 0 } }", "Give one role steps, or set `count: 0`."),
        scenario("{ optimizer: { designer: { minibatches: 4000 } } }", "Ask for fewer minibatches."),
        scenario("{ script: { nodes: ['agent', 'loop'] } }", "Use one of the nodes."),
        scenario("{ script: { nodes: ['reflect'], maximumCalls: 1 }, roles: ['solve'], coldStart: { executor: { shares: { solve: 1 } } } }",
                 "Raise `maximumCalls`, or allow other nodes."),
        scenario("{ script: { library: ['define one(x) [ a = agent sovle(x); answer a ]'] } }", "Repair the part at the place in it."),
        scenario("{ agents: [{ name: 'a', kind: 'node' }] }", "Use a kind that is known, or the program that registers this one."),
        scenario("{ agents: [{ name: 'a' }, { name: 'a' }] }", "Give each agent a name of its own."),
        scenario("{ agents: [{ name: 'a', options: { patience: 3 } }] }", "Leave the option out: agents with lines have none."),
        scenario("{ agents: [{ name: 'a', lines: [{ say: 'x', to: 'b' }] }] }", "Name an agent of the scenario."),
        scenario("{ agents: [{ name: 'a', lines: [{ to: 'a' }] }] }", "Say what the line says."),
        scenario("{ agents: [{ name: 'a', lines: [{ say: 'x', to: 'a', reward: 1 }] }] }", "Give the reward to the line without `to`."),
        scenario("{ timeline: [{ at: 0, do: 'drop', to: 'b' }] }", "Name the sender: `from`."),
        scenario("{ agents: [{ name: 'a' }], timeline: [{ at: 0, do: 'drop', from: 'a', to: 'c' }] }", "Name an agent of the scenario."),
        scenario("{ timeline: [{ at: 1, do: 'crash' }] }", "Name the agent: `agent`."),
        scenario("{ agents: [{ name: 'a' }], timeline: [{ at: 1, do: 'crash', actor: 'a' }] }", "Write `agent`."),
        scenario("{ timeline: [{ do: 'drop', from: 'a', to: 'b' }] }", "Say from which time on: `at`."),
        scenario("{ timeline: [{ at: 1, do: 'sey', agent: 'a' }] }", "Use one of the words."),
        scenario("{ timeline: [{ at: 1, do: 'say', agent: 'a', text: 'x' }] }", "List the agents, or leave out what they say."),
        scenario("{ agents: [{ name: 'a' }], timeline: [{ at: 1, do: 'say', agent: 'a', to: 'a' }] }", "Say what it says: `text`."),
        scenario("{ agents: [{ name: 'a' }], timeline: [], faults: [] }", "Give the timeline alone: `faults` is its old name."),
        scenario("{ agents: [{ name: 'a' }, { name: 'b' }], timeline: [{ at: 2, do: 'partition', groups: [['a'], ['b']], until: 1 }] }",
                 "Let it end later than it begins."),
        scenario("{ agents: [{ name: 'a' }], timeline: [{ at: 0, do: 'partition', groups: [['a'], ['a']], until: 1 }] }", "Put each agent into one group."),
        scenario("{ agents: [{ name: 'a' }], timeline: [{ at: 1, do: 'crash', agent: 'a' }, { at: 2, do: 'crash', agent: 'a' }] }",
                 "Let it restart before, with `restart`, or take one crash out."),
        scenario("{ timeline: [{ at: 0, do: 'delay', from: 'a', to: 'b', by: '5 sec' }] }", "Give a duration: `\"5s\"`, `\"200ms\"`, or a number of seconds."),
        scenario("{ timeline: [{ at: 0, do: 'delay', from: 'a', to: 'b', by: true }] }", "Give a duration: `\"5s\"`, `\"200ms\"`, or a number of seconds."),
        scenario("{ sed: 1, name: '', strategy: 'randm' }", "Correct each: all errors of a kind are told at a time."),
        scenario("{ chance: { drop: 0.6, delay: 0.6 } }", "Lower the rates: their sum is at most 1."),
        scenario("{ chance: { delays: [2, 1] } }", "Give the least, then the greatest."),
        scenario("{ expect: [{ kind: 'answerWithin' }] }", "Say within how many seconds."),
        scenario("{ agents: [{ name: 'alice' }], expect: [{ kind: 'maximumMessages', agent: 'zed', count: 1 }] }", "Name an agent of the scenario."),
        scenario("{ expect: [{ kind: 'eventualy' }] }", "Use one of the words."),
        scenario("{ expect: [{ kind: 'never' }] }", "Say what must never be: `that`."),
        scenario("{ expect: [{ kind: 'never', that: {} }] }", "Give one condition."),
        scenario("{ expect: [{ kind: 'never', that: { mesage: {} } }] }", "Use one of the keys."),
        scenario("{ expect: [{ kind: 'never', that: { sent: { from: 'a' } } }] }", "Say how many: `least`, `most` or both."),
        scenario("{ expect: [{ kind: 'never', that: { sent: { least: 2, most: 1 } } }] }", "Exchange the two."),
        scenario("{ expect: [{ kind: 'never', that: { reward: {} } }] }", "Say how much: `least`, `most` or both."),
        scenario("{ expect: [{ kind: 'never', that: { and: [] } }] }", "Give at least one condition."),
        scenario("{ agents: [{ name: 'alice' }], expect: [{ kind: 'never', that: { message: { from: 'zed' } } }] }", "Name an agent of the scenario."),
        scenario("{ expect: [{ kind: 'holds', name: 'one leader' }] }", "Use the program that registers the invariant."),
    ]),
    ("Scripts", "The script is checked against the default limits, or with `--scenario` against those of a scenario.", [
        script("", "Write at least one statement and `answer`.", words="an empty file"),
        script("a = agent step(task)", "End with `answer a`."),
        script("b = agent step(task)\nanswer b", "Name statements a, b, c ... in order."),
        script("a = agent stp(task)\nanswer a", "Use one of the roles."),
        script("a = agent step(b)\nanswer a", "Read the task or an earlier statement."),
        script("a = agent step(a)\nanswer a", "Read the task or an earlier statement."),
        script("a = agnt step(task)\nanswer a", "Use one of the words that may stand here."),
        script("a = agent step task\nanswer a", "Write parentheses."),
        script("a = ensemble 9 step(task) by majority\nanswer a", "Give a number in the range."),
        script("a = ensemble 3 step(task) by vote\nanswer a", "Use one of the decisions that may stand here."),
        script("a = reflect 2 solve step(task)\nanswer a", "Add a critic, such as `check`, to the scenario's roles."),
        script("a = tool hammer(task)\nanswer a", "Use a tool of the scenario."),
        script("a = ensemble 5 step(task) by majority\nb = ensemble 5 step(a) by majority\nanswer b", "Ask for fewer calls.", limits="parts.json5"),
        script("a = use q(task)\nanswer a", "Define the part first.", limits="parts.json5"),
        script("define p(x) [ a = use p(x); answer a ]; a = use p(task); answer a", "Use earlier parts only.", limits="parts.json5"),
        script("a = route size to step, step(task)\nanswer a", "Name different performers.", limits="parts.json5"),
        script("a = agent \"Look twice.\"(task)\nanswer a", "Use a role of the scenario, or allow wordings: `script: { maximumWording: 40 }`."),
        script("a = agent \"Look at every number twice.\"(task)\nanswer a", "Say it in fewer words.", limits="worded.json5"),
    ]),
    ("Questions of your own", "A line of the file that the family `file` reads ([families.md](families.md#questions-of-your-own)).", [
        question("{ \"question\": \"who\" }", "Give the answer."),
        question("{ \"question\": \"a = b\", \"answer\": \"c\" }", "Write it without `,` and `=`."),
        question("{ \"question\": \"how many\", \"answer\": \"few\", \"verifier\": \"number\" }", "Give an answer that the verifier reads, or another verifier."),
        question("{ \"question\": \"who\", \"answer\": \"ann\", \"level\": 12 }", "Give a level in the range."),
        question("{ \"question\": \"who\", \"answer\": \"ann\", \"verifier\": \"exakt\" }", "Use one of the words."),
        question("{ \"question\": \"who\", \"answer\": \"ann\" }\n{ \"question\": \"who\", \"answer\": \"bob\" }", "Keep one of the two."),
        question("who is it?", "Write a JSON object in each line."),
        question("", "Write at least one question.", words="an empty file"),
        text_question("{ \"question\": \"how many\", \"answer\": \"few\", \"verifier\": \"number\" }", "Give an answer that the verifier reads, or another verifier.", words="of the family `questions`:"),
        text_question("{ \"question\": \"who\", \"answer\": \"ann\" }\n{ \"question\": \"who\", \"answer\": \"bob\" }", "Keep one of the two.", words="of the family `questions`:"),
        text_question("{ \"question\": \"What is 2 + 2?\", \"answer\": \"4\" }\n{ \"question\": \"what is 2+2\", \"answer\": \"4\" }\n{ \"question\": \"what is  2 + 2\", \"answer\": \"4\" }", "Keep one of the two.", words="of the family `questions`:"),
        text_question("{ \"question\": \"twice\", \"answer\": \"def f(x): return 2 * x\", \"verifier\": \"code\" }", "Give the name of the function, and its tests.", words="of the family `questions`:"),
        text_question("{ \"question\": \"who\", \"answer\": \"ann\", \"verifier\": \"command\" }", "Give the family a command.", words="of the family `questions`:"),
        scenario("{ tasks: { families: [{ name: 'stories' }] } }", "Name a published chat model: `policy: { from: 'model.gguf' }`.", verb="train", words="problems that are text:"),
        scenario("{ tasks: { families: [{ name: 'stories' }, { name: 'repair' }] } }", "Take families of one kind.", verb="train"),
        scenario("{ script: { maximumWording: 40 } }", "Leave `maximumWording` out, or take families whose problems are text.", verb="train"),
        run("train questions.json5 --out x --quiet", "Check the path; it is relative to the working directory."),
    ]),
    ("Running and searching", "Exit code 1 says that something that was checked does not hold.", [
        run("run late.json5 --quiet", "The scenario expects what does not happen. Replay the episode to see why.", code=1, keep="episode-0:"),
        run("explore late.json5", "Replay what was found, with the command that is printed.", code=1, keep="seed"),
        run("run asked.json5 --schedule x", "Paste the whole schedule, in quotes."),
        run("run asked.json5 --schedule 12345678.1/", "Play it with the scenario or the log that `explore` names in its last line."),
        run("run asked.json5 --policy nothing", "Name a directory with `config.json`."),
        run("run small.json5 --policy recorded:nothing.log", "Check the path of the log."),
        run("run small.json5 --policy recorded:asked.log", "Name a log of the same scenario, seed and roles."),
        scenario("{ agents: [{ name: 'a' }], expect: [{ kind: 'answerWithin', seconds: 5 }] }", "Let somebody answer: a line without `to`.", verb="run", code=1,
                 keep="episode-0:", words="`troupe run` of"),
        after("a fault that strikes nothing:", "sed -i 's/expect:/timeline: [{ at: 0, do: \"drop\", from: \"a\", to: \"b\", nth: 9 }], expect:/' asked.json5",
              "run asked.json5 --quiet", "Not an error, but the scenario does not test what it says. Correct `nth`, `at` or the names.", code=0, keep="timeline"),
    ]),
    ("Servers", "[servers.md](servers.md) says which failures are tried again.", [
        run("run small.json5 --policy openai:localhost:8080 --quiet", "Give the URL up to `/chat/completions`, with `http://` or `https://`."),
        run("run small.json5 --policy openai:http://me:secret@127.0.0.1/v1 --quiet", "Take the password out; name a variable as `key`."),
        scenario("{ servers: { executor: { url: 'ftp://x' } } }", "Give the URL up to `/chat/completions`."),
        scenario("{ servers: { executor: { url: 'http://127.0.0.1:1/v1', model: 'm', key: 'NO_SUCH_KEY' }, designer: { url: 'http://127.0.0.1:1/v1', model: 'm' } } }",
                 "Set the variable.", verb="run", words="`troupe run` of"),
        scenario("{ servers: { executor: { url: 'http://127.0.0.1:1/v1', model: 'm', attempts: 1 }, designer: { url: 'http://127.0.0.1:1/v1', model: 'm', attempts: 1 } } }",
                 "Start the server, or correct the address.", verb="run", words="`troupe run` of", keep="troupe:"),
        scenario("{ servers: { designer: { url: 'http://127.0.0.1:1/v1', grammar: 'schema', interface: 'completions' } } }", "Ask by `chat`, or leave the grammar out."),
        scenario("{ servers: { executor: { url: 'http://127.0.0.1:1/v1', budget: { money: 1 } } } }", "Give the prices of a million tokens."),
        scenario("{ servers: { designer: { url: 'http://127.0.0.1:1/v1' } } }", "Let only the role without a server have stages.", verb="train", words="`troupe train` of"),
        run("audit asked.log", "Name a log in which a server answered."),
        run("audit asked.log --policy scripted", "Name a log in which a server answered."),
    ]),
    ("Logs: replay, log, fork, report", "", [
        run("replay asked.log --episode run/episode-7", "See `troupe log LOG` for the names."),
        run("log asked.log --episode x", "See `troupe log LOG` for the names."),
        run("log asked.log --family sums --compact x.log", "Loosen the conditions."),
        run("replay asked.log --episode run/episode-0 --until x", "Give the number of an event."),
        run("fork asked.log --episode x --at 1", "See `troupe log LOG` for the names."),
        run("fork asked.log --episode run/episode-0 --at 999", "Give an event of the episode; `troupe log LOG --episode ID` numbers them."),
        run(f"fork run/episodes.log --episode {EXECUTION} --at 2", "Fork the episode that is named."),
        run("fork asked.log --episode run/episode-0 --at 1 --replace '{}'", "Replace at a delivery, a reply or a completion."),
        run("fork asked.log --episode run/episode-0 --at 4 --replace nonsense", "Give the message as JSON, as `troupe log` prints it."),
        run("fork asked.log --episode run/episode-0 --at 4 --replace '{\"shout\": {}}'", "Give a message that the receiver knows, as `troupe log` prints it."),
        run("fork asked.log --episode run/episode-0 --at 4 --hand-on", "Choose the completion of a call."),
        run("report asked.log --episode x", "See `troupe log LOG` for the names."),
        after("a text file:", "echo hello > asked.log", "replay asked.log", "Name a log that Troupe wrote."),
        after("a changed version:", BYTE.format("d[8] = 99"), "replay asked.log", "Use the version of Troupe that wrote the log."),
        after("a flipped bit:", BYTE.format("d[len(d) // 2] ^= 4"), "replay asked.log", "The file is damaged. Restore it from a copy."),
        after("a block taken out:", BYTE.format("n = 44 + int.from_bytes(d[12:16], 'little'); del d[12:12 + n]"), "replay asked.log",
              "The file is damaged. Restore it from a copy."),
        after("cut off inside the header:", "truncate -s 20 asked.log", "replay asked.log", "Nothing can be read. Restore it from a copy."),
        after("a torn tail:", "truncate -s -3 asked.log", "replay asked.log", "Not an error: the process that wrote it was killed. What is whole is read.", code=0, keep="torn"),
    ]),
    ("Training and evaluation", "", [
        scenario("{ agents: [{ name: 'a' }] }", "Train a scenario with tasks; `troupe run` plays agents.", verb="train", words="`troupe train` of"),
        scenario("{ chance: { drop: 0.1 } }", "Take the faults out for training.", verb="train", words="`troupe train` of"),
        scenario("{ rollout: { temperature: 0 } }", "Give a temperature above 0.", verb="train", words="`troupe train` of"),
        run("eval small.json5 --policy nothing --quiet", "Name a directory with `config.json`."),
        after("weights cut off:", "f=$(find run/policy -name '*.safetensors' | head -1); truncate -s 100 $f", "eval small.json5 --policy run/policy --quiet",
              "The file is damaged. Restore it from a copy."),
        after("another configuration:", "sed -i 's/\"hidden_size\": *16/\"hidden_size\": 32/; s/\"hidden_size\":16/\"hidden_size\":32/' run/policy/config.json",
              "eval small.json5 --policy run/policy --quiet", "Use the `config.json` that belongs to the weights."),
        after("a configuration that is no JSON:", "echo x > run/policy/config.json", "eval small.json5 --policy run/policy --quiet", "Use the `config.json` that belongs to the weights."),
        after("no tokenizer:", "rm run/policy/tokenizer*", "generate --policy run/policy --prompt solve", "Give token ids, or a directory with a tokenizer."),
        run("eval coevolution.json5 --policy run/policy --quiet", "Evaluate with the scenario that the policy was trained for: the words must be the same."),
        after("a script that is none:", "echo 'a = agent stp(task)' > d.mas", "eval small.json5 --policy run/policy --design d.mas --quiet", "Repair the script at the place."),
        run("generate --policy run/policy --prompt 'zebra'", "Use words of the vocabulary (`tokenizer.json`)."),
        run("generate --policy run/policy --prompt ''", "Give at least one word."),
        run("generate --policy run/policy --tokens 99999", "Give ids below the size of the vocabulary."),
        run("generate --policy run/policy --prompt solve --max 0", "Give a number in the range."),
    ]),
    ("Studies", "`troupe check FILE` and `troupe study FILE --plan` read the study and play nothing.", [
        study("{ seeds: [1], arms: [{ name: 'a' }] }", "Name the scenario that the arms change."),
        study("{ name: 's', scenario: 'small.json5', seeds: [1], arms: [{ changes: {} }] }", "Give each arm a name."),
        study("{ name: 's', scenario: 'nothing.json5', seeds: [1], arms: [{ name: 'a' }] }", "Check the path; it starts at the study's file."),
        study("{ name: 's', scenario: 'small.json5', seeds: [], arms: [{ name: 'a' }] }", "Give at least one seed."),
        study("{ name: 's', scenario: 'small.json5', seeds: [1, 1], arms: [{ name: 'a' }] }", "Give each seed once."),
        study("{ name: 's', scenario: 'small.json5', seeds: [1], arms: [] }", "Give at least one arm."),
        study("{ name: 's', scenario: 'small.json5', seeds: [1], arms: [{ name: 'a', changes: { sed: 1 } }] }", "Correct the change."),
        study("{ name: 's', scenario: 'small.json5', seeds: [1], arms: [{ name: 'a', changes: { sed: 1 } }, { name: 'b', changes: { rollout: { temperature: 0 } } }, { name: 'c', changes: { chance: { drop: 0.1 } } }] }",
              "Correct the changes: those of all arms are told at once."),
        study("{ name: 's', scenario: 'small.json5', seeds: [1], arms: [{ name: 'a' }], compare: [['a', 'b']] }", "Compare arms of the study."),
        study("{ name: 's', scenario: 'small.json5', seeds: [1], arms: [{ name: 'a' }], compare: [['a']] }", "Name two arms."),
        Case("troupe study s.json5 --cell 'b, seed 1'", "Use one of the cells.", shown="troupe study s.json5 --cell 'b, seed 1'", file="s.json5",
             text="{ name: 's', scenario: 'small.json5', seeds: [1], arms: [{ name: 'a' }] }"),
    ]),
]

BEGINNING = """# Errors, and what to do

This table has {count} things that can be wrong, what `troupe` says to each, and what to do. `Tests/Errors/make.py` made it, by doing each of them;
`.ci/run` does them again, and fails if the program says something else. Errors go to standard error; most are one line. The exit code is 2 if it is not
given: 0 is fine, 1 says that something that was checked does not hold, 2 is bad input, and 3 a fault of Troupe itself, which we would like to
hear of.
"""

END = """
## What is not in the table
These errors exist too, but no command provokes them simply, or what they say depends on the machine:

- **Actors of your own.** Each of these ends an episode, and is what the episode's line says: a deadlock, with who waits for whom; an actor that throws; a task
  that leaves the simulation; a wait for something outside it; more events, messages or bytes than the limits; a task that spins; a message that cannot be encoded; a reference that
  outlived a crash. [exploring.md](exploring.md#what-is-told) says what each means.
- **Parts of your own.** A family, tool, estimator or policy that throws, or that returns what cannot be right, is named with the scenario's line; two parts of one name
  are refused when they are registered ([own-parts.md](own-parts.md#if-a-part-is-wrong)).
- **Replays that differ**: `the replay differs at event ...`, with what the log has and what came; `--check-determinism` says the same of two plays. The program, or an actor in it, is not
  the one that wrote the log.
- **The machine**: `--products avx512` on a processor without it; `--blas-kernel` with a kernel that OpenBLAS does not have; a disk that is full; a file without permission.
- **Older and newer versions**: runs that were begun by another version of Troupe, and logs of versions 1 to 3 ([log-format.md](log-format.md#versions)).
- **Weights**: tensors that are missing, too many, of another shape or of another type; numbers that are not finite in weights, gradients or rewards; a tokenizer's file that
  contradicts itself. Each names the file and the tensor.
- **Files of a study**: `results.csv` with lines that are missing, twice, or not numbers; a cell that was begun with other settings.
- **Training**: a step whose log-probabilities differ between sampler and trainer, or a training task that is held out (exit code 3: faults of Troupe). They should never be seen.
- **Limits of texts**: scripts, programs and scenarios that are too long or nested too deeply.
"""
