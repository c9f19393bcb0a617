"""Reads what Troupe writes: replay logs, run directories and studies. See ``python/README.md`` for an introduction."""

from . import cbor
from .binary import Program, ProgramError
from .blocks import TornTail
from .episode import Episode, EpisodeFault, Turn
from .errors import LogError, MalformedRecord, MissingPackage, TroupeError
from .events import Event
from .log import Log
from .records import Choice, Condition, Fork, LogHeader
from .runs import Run, Study
from .said import CallRecord, ChatMessage, Generation, Note, Outcome, PlayedAnswer, PolicyCall, Sampled, Served, Task
from .vocabulary import Vocabulary

__version__ = "0.1.0"
__all__ = [
    "CallRecord", "ChatMessage", "Choice", "Condition", "Episode", "EpisodeFault", "Event", "Fork", "Generation",
    "Log", "LogError", "LogHeader", "MalformedRecord", "MissingPackage", "Note", "Outcome", "PlayedAnswer", "PolicyCall",
    "Program", "ProgramError", "Run", "Sampled", "Served", "Study", "Task", "TornTail", "TroupeError", "Turn", "Vocabulary",
    "cbor",
]  # fmt: skip
