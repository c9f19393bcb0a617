"""What the bytes of calls, completions, notes and finishes mean."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Union

from .errors import MalformedRecord
from .vocabulary import Vocabulary
from .wire import WireReader

#: The name of external calls that ask the policy.
GENERATE = "generate"
_STOPS = ("end", "length", "constraint", "cancelled", "overflow")
#: The bit of the reason to stop that says that the answer is a text.
_TEXT = 0x40
_SERVED = 0x20
_SPEAKERS = ("system", "user", "assistant")
#: What went wrong with a call, in the words of ``troupe log``.
_FAULTS = (
    "malformed",
    "cut off at the limit of tokens",
    "no reply before the deadline",
    "the tool failed",
    "no room in the model's context",
    "what the tool ran did not run to its end",
)


@dataclass(frozen=True)
class Reading:
    """What is known about an episode's bytes: the vocabulary of its tokens, and whether it has a task.

    An episode with a task finishes with an :class:`Outcome`, any other with a :class:`PlayedAnswer`.
    """

    vocabulary: Vocabulary
    has_task: bool


@dataclass(frozen=True)
class ChatMessage:
    """One turn of a conversation: who speaks (``system``, ``user`` or ``assistant``), and what is said."""

    role: str
    content: str


@dataclass(frozen=True)
class PolicyCall:
    """A question to the policy: which agent asks, in which role, and with which prompt.

    ``caller`` is ``designer`` or ``executor``. ``statement`` and ``index`` name an executor's call in the script.
    ``prompt`` is a text, ``prompt_tokens`` are its token ids. A question that is a conversation has ``messages``, no token
    ids, and as its ``prompt`` a line for each message. ``seed`` is that of the generation's own random stream.
    """

    caller: str
    statement: int | None
    index: int | None
    role: str
    prompt: str
    prompt_tokens: list[int]
    maximum_tokens: int
    temperature: float
    seed: int
    messages: list[ChatMessage] = field(default_factory=list)


@dataclass(frozen=True)
class Sampled:
    """What a published model read and wrote in its own tokens, with the logarithm of each token's probability."""

    prompt: list[int]
    tokens: list[int]
    log_probabilities: list[float]


@dataclass(frozen=True)
class Served:
    """What a server behind a network said beside the text: a record, which nobody can compute again.

    ``pieces`` are the texts of the tokens with the logarithm of each one's probability; empty if the server gave none.
    """

    model: str
    fingerprint: str | None
    finish: str
    prompt_tokens: int | None
    completion_tokens: int | None
    pieces: list[tuple[str, float]]


@dataclass(frozen=True)
class Generation:
    """What the policy said.

    ``tokens`` are ids, the end token included. ``log_probabilities`` are natural logarithms, one a token, in the
    distribution that the token was sampled from. ``stop`` is ``end``, ``length``, ``constraint``, ``cancelled`` or
    ``overflow``. ``sampled`` is there if the model has other tokens than the agents. The answer in a conversation is a text
    without ``tokens``. ``served`` is there if a server behind a network answered.
    """

    text: str
    tokens: list[int]
    log_probabilities: list[float]
    stop: str
    token_texts: list[str] = field(repr=False)
    sampled: Sampled | None = None
    served: Served | None = None

    @property
    def log_probability(self) -> float:
        """The logarithm of the probability of all tokens together."""
        if not self.tokens and self.sampled is not None:
            return math.fsum(self.sampled.log_probabilities)
        if not self.tokens and self.served is not None:
            return math.fsum(log_probability for _, log_probability in self.served.pieces)
        return math.fsum(self.log_probabilities)


@dataclass(frozen=True)
class Note:
    """A note of an actor: its text, or the reward that the environment gave."""

    text: str | None
    reward: float | None


@dataclass(frozen=True)
class CallRecord:
    """One call that a script made.

    ``role`` is that of the executor, or the name of the tool. ``on_path`` says whether the answer depends on the call.
    ``fault`` is ``None``, or what was wrong: ``malformed: ...``, ``cut off at the limit of tokens``, ``no reply before
    the deadline``, ``the tool failed: ...``, ``no room in the model's context`` or ``what the tool ran did not run to its
    end: ...``. ``tokens`` counts the generated ones, with the end token; it is 0 for a tool.
    """

    statement: int
    index: int
    role: str
    on_path: bool
    tokens: int
    fault: str | None


@dataclass(frozen=True)
class Outcome:
    """The result of an episode with a task.

    ``script`` is the text of the script that ran; it is ``None`` if what the designer wrote was not one, and
    ``design_fault`` says why. ``answer`` is the text that was verified. ``unknown`` says why nobody knows whether it is
    right; it is ``None`` where that is known.
    """

    solved: bool
    script: str | None
    design_fault: str | None
    answer: str | None
    calls: list[CallRecord]
    tool_calls: list[CallRecord]
    design_tokens: int
    unknown: str | None = None


@dataclass(frozen=True)
class PlayedAnswer:
    """The result of an episode without a task: an actor's answer, and optionally its reward."""

    answer: str
    reward: float | None


@dataclass(frozen=True)
class Task:
    """The task of an episode. ``hidden`` holds further tests, which nobody sees but the verifier."""

    family: str
    level: int
    hash: int
    statement: str
    solution: str
    hidden: str
    script: str | None


Said = Union[PolicyCall, Generation, Note, Outcome, PlayedAnswer]


def said(kind: str, name: str, payload: bytes, reading: Reading) -> Said | None:
    """Returns what an event's bytes mean; ``None`` where that is not known, or they are not what Troupe writes."""
    try:
        if kind == "call" and name == GENERATE:
            return _policy_call(payload, reading.vocabulary)
        if kind == "completion" and name == GENERATE:
            return _generation(payload, reading.vocabulary)
        if kind == "note":
            if name == "reward" and len(payload) == 1 and payload[0] < 2:
                return Note(None, float(payload[0]))
            return Note(payload.decode("utf-8"), None) if payload else None
        if kind == "finish":
            return outcome(payload) if reading.has_task else played_answer(payload)
    except (MalformedRecord, UnicodeDecodeError):
        pass
    return None


def _token(reader: WireReader) -> int:
    value = reader.integer()
    if value >> 31:
        raise reader.malformed("a token id")
    return value


def _policy_call(payload: bytes, vocabulary: Vocabulary) -> PolicyCall:
    reader = WireReader(payload)
    executor = reader.boolean()
    statement, index = (reader.count(), reader.count()) if executor else (None, None)
    role, prompt = reader.text(), reader.list(lambda: _token(reader))
    most, temperature, seed = reader.count(), reader.float32(), reader.integer()
    messages = reader.list(lambda: _message(reader)) if reader.offset < len(payload) else []
    reader.finish()
    lines = "\n".join(f"{message.role}: {message.content}" for message in messages)
    return PolicyCall(
        "executor" if executor else "designer",
        statement,
        index,
        role,
        lines if messages else vocabulary.text(prompt),
        prompt,
        most,
        temperature,
        seed,
        messages,
    )


def _message(reader: WireReader) -> ChatMessage:
    role = reader.text()
    if role not in _SPEAKERS:
        raise reader.malformed("who speaks")
    return ChatMessage(role, reader.text())


def _generation(payload: bytes, vocabulary: Vocabulary) -> Generation:
    reader = WireReader(payload)
    first = reader.byte()
    stop = first & ~(_TEXT | _SERVED)
    if stop >= len(_STOPS):
        raise reader.malformed("a stop reason")
    text = reader.text() if first & _TEXT else None
    tokens = _tokens(reader)
    log_probabilities = _log_probabilities(reader, tokens)
    served = _served(reader) if first & _SERVED else None
    sampled = None
    if reader.offset < len(payload):
        prompt, own = _tokens(reader), _tokens(reader)
        sampled = Sampled(prompt, own, _log_probabilities(reader, own))
    reader.finish()
    texts = [vocabulary.token(token) for token in tokens]
    said = vocabulary.text(tokens) if text is None else text
    return Generation(said, tokens, log_probabilities, _STOPS[stop], texts, sampled, served)


def _served(reader: WireReader) -> Served:
    return Served(
        reader.text(),
        reader.optional(reader.text),
        reader.text(),
        reader.optional(reader.count),
        reader.optional(reader.count),
        reader.list(lambda: (reader.text(), reader.float32())),
    )


def _tokens(reader: WireReader) -> list[int]:
    return reader.list(lambda: _token(reader))


def _log_probabilities(reader: WireReader, tokens: list[int]) -> list[float]:
    log_probabilities = reader.list(reader.float32)
    if len(tokens) != len(log_probabilities):
        raise reader.malformed("as many log-probabilities as tokens")
    return log_probabilities


def _call_record(reader: WireReader) -> CallRecord:
    statement, index, role = reader.count(), reader.count(), reader.text()
    on_path, tokens = reader.boolean(), reader.count()
    return CallRecord(statement, index, role, on_path, tokens, reader.optional(lambda: _call_fault(reader)))


def _call_fault(reader: WireReader) -> str:
    code = reader.byte()
    if code >= len(_FAULTS):
        raise reader.malformed("a fault")
    return f"{_FAULTS[code]}: {reader.text()}" if code in (0, 3, 5) else _FAULTS[code]


def outcome(payload: bytes) -> Outcome:
    """Reads the result of an episode with a task, or raises :class:`troupe.MalformedRecord`."""
    reader = WireReader(payload)
    solved = reader.boolean()
    script, design_fault, answer = (reader.optional(reader.text) for _ in range(3))
    calls, tool_calls = (reader.list(lambda: _call_record(reader)) for _ in range(2))
    tokens = reader.count()
    unknown = reader.text() if reader.offset < len(payload) else None
    reader.finish()
    return Outcome(solved, script, design_fault, answer, calls, tool_calls, tokens, unknown)


def played_answer(payload: bytes) -> PlayedAnswer:
    """Reads the result of an episode without a task, or raises :class:`troupe.MalformedRecord`."""
    reader = WireReader(payload)
    result = PlayedAnswer(reader.text(), reader.optional(reader.float64))
    reader.finish()
    return result


def task(episode_input: bytes) -> Task | None:
    """Reads the task in an episode's input; ``None`` if the input holds none."""
    if not episode_input:
        return None
    reader = WireReader(episode_input)
    text = reader.text
    try:
        result = Task(text(), reader.count(), reader.integer(), text(), text(), text(), reader.optional(text))
        reader.finish()
        return result
    except MalformedRecord:
        return None
