"""The lazy reader of a replay log."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from .blocks import BlockReader, Place, RecordReader, TornTail
from .episode import Episode
from .errors import LogError, MalformedRecord
from .records import EpisodeRecord, LogHeader
from .vocabulary import Vocabulary
from .wire import WireReader

if TYPE_CHECKING:
    import pandas

# A pass reads the file in pieces of this size; a lookup reads single blocks.
_BUFFER = 1 << 20


class Log:
    """A replay log.

    ::

        with troupe.Log("runs/quickstart-1/episodes.log") as log:
            for episode in log:
                print(episode.id, episode.solved)
            print(log["step-0/task-0/design-0"].events[3])

    Opening a log reads its header. Iterating reads the file once, block by block, and holds one chain of forks in memory,
    so a log of any size can be read; episodes that the caller keeps stay in memory. A pass to the end also makes an index,
    with which :meth:`episode` reads the blocks of one episode and of its ancestors only. The index costs about 200 bytes
    an episode. A lookup before the first pass makes that pass.

    Every block's checksums and the chain of hashes are checked unless ``verify`` is false. ``vocabulary`` gives the texts
    of tokens; without it, the policy in the log's directory does, or else the built-in list of words. The size of the file
    is taken when the log is opened, so what is appended later is not seen.

    Raises :class:`troupe.LogError` for a file that is no log or is damaged, at the first damaged block and not before, and
    ``OSError`` for one that cannot be opened. An incomplete end is no error; see :attr:`torn_tail`.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, verify: bool = True, vocabulary: Vocabulary | None = None
    ) -> None:
        self.path = Path(path)
        self._verify = verify
        self._file: BinaryIO = open(self.path, "rb")
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            self.header = self._header(self._records(self._file))
            self.vocabulary = vocabulary or Vocabulary.beside(self.path)
        except BaseException:
            self._file.close()
            raise
        # The index: the ordinal of each id, and for each ordinal the place of its record.
        self._ordinals: dict[str, int] = {}
        self._blocks = array("Q")
        self._skipped = array("L")
        self._complete = False
        self._torn_tail: TornTail | None = None

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file. Episodes that were read stay usable."""
        self._file.close()

    def __repr__(self) -> str:
        return f"<troupe.Log {self.path}>"

    @property
    def version(self) -> int:
        """The version of the file's format, 2 to 4."""
        return self.header.version

    # One after another.

    def __iter__(self) -> Iterator[Episode]:
        """Reads the episodes in the order of the log. Iterators are independent of each other."""
        with open(self.path, "rb", buffering=_BUFFER) as file:
            yield from self._pass(file)

    def _records(self, file: BinaryIO) -> RecordReader:
        return RecordReader(BlockReader(file, self._size, self._verify))

    def _header(self, records: RecordReader) -> LogHeader:
        first = records.next()
        if first is None:
            raise LogError("headerCutShort", f"the log ends inside its header, at byte {self._size}")
        try:
            return LogHeader.decode(first, records.blocks.version)
        except MalformedRecord as error:
            raise LogError(
                "malformed", f"expected a header, and in it {error.expected} in block 0 at byte 12", 0, 12
            ) from error

    def _pass(self, file: BinaryIO) -> Iterator[Episode]:
        chain: list[Episode] = []
        for place, data in self._raw(file):
            record = self._decode(data, place)
            parent = record.parent
            while chain and (parent is None or chain[-1].id != parent.episode):
                chain.pop()
            if parent is not None and not chain:
                raise LogError("parentMissing", f"episode {record.id}: its parent {parent.episode} is not in the log")
            chain.append(Episode(record, chain[-1] if chain else None, self.vocabulary))
            yield chain[-1]

    def _raw(self, file: BinaryIO) -> Iterator[tuple[Place, bytes]]:
        """Reads the records of episodes, and completes the index on the way."""
        records = self._records(file)
        records.next()
        ordinal = 0
        while True:
            place = records.place
            data = records.next()
            if data is None:
                break
            if ordinal == len(self._blocks):
                self._ordinals[self._id(data, place)] = ordinal
                self._blocks.append(place.block)
                self._skipped.append(place.skipped)
            ordinal += 1
            yield place, data
        self._torn_tail = records.torn_tail
        self._complete = True

    def _id(self, data: bytes, place: Place) -> str:
        try:
            return WireReader(data).text()
        except MalformedRecord as error:
            raise self._malformed(error, place) from error

    def _decode(self, data: bytes, place: Place) -> EpisodeRecord:
        try:
            return EpisodeRecord.decode(data, self.version)
        except MalformedRecord as error:
            raise self._malformed(error, place) from error

    def _malformed(self, error: MalformedRecord, place: Place) -> LogError:
        where = f"of the record that begins in the block at byte {place.block}"
        return LogError("malformed", f"expected {error.expected} at byte {error.offset} {where}", byte=place.block)

    # One of many.

    def _index(self) -> None:
        if not self._complete:
            with open(self.path, "rb", buffering=_BUFFER) as file:
                for _ in self._raw(file):
                    pass

    @property
    def ids(self) -> list[str]:
        """The ids of all episodes, in the order of the log. The first use reads the log."""
        self._index()
        return list(self._ordinals)

    @property
    def torn_tail(self) -> TornTail | None:
        """The incomplete end that a crash of the writer left; ``None`` if there is none. The first use reads the log."""
        self._index()
        return self._torn_tail

    def __contains__(self, episode: object) -> bool:
        if episode not in self._ordinals:
            self._index()
        return episode in self._ordinals

    def __getitem__(self, episode: str) -> Episode:
        return self.episode(episode)

    def episode(self, episode: str) -> Episode:
        """Reads one episode and its ancestors. Raises ``KeyError`` if the log has none with that id.

        The first lookup reads the log once, unless it was read before; later ones read a few blocks. Their checksums are
        checked again, and the chain of hashes is not.
        """
        if episode not in self:
            raise KeyError(episode)
        lineage: list[EpisodeRecord] = []
        wanted: str | None = episode
        while wanted is not None:
            if wanted not in self or len(lineage) > len(self._ordinals):
                raise LogError("parentMissing", f"episode {episode}: its parent {wanted} is not in the log")
            lineage.append(self._read(self._ordinals[wanted]))
            parent = lineage[-1].parent
            wanted = parent.episode if parent else None
        result: Episode | None = None
        for record in reversed(lineage):
            result = Episode(record, result, self.vocabulary)
        assert result is not None
        return result

    def _read(self, ordinal: int) -> EpisodeRecord:
        place = Place(self._blocks[ordinal], self._skipped[ordinal])
        blocks = BlockReader(self._file, self._size, self._verify, at=place.block)
        data = RecordReader(blocks, place.skipped).next()
        if data is None:
            raise LogError("malformed", f"the log was cut after it was indexed, before byte {blocks.offset}")
        return self._decode(data, place)

    # Data frames.

    def episodes_frame(self, limit: int | None = None) -> pandas.DataFrame:
        """Returns a data frame with a row for each episode, or for the first ``limit``; see :mod:`troupe.frames`."""
        from . import frames

        return frames.frame(frames.episode_rows(self, limit))

    def calls_frame(self, limit: int | None = None) -> pandas.DataFrame:
        """Returns a data frame with a row for each call of the (first ``limit``) finished episodes that have a task."""
        from . import frames

        return frames.frame(frames.call_rows(self, limit))

    def events_frame(self, episode: str) -> pandas.DataFrame:
        """Returns a data frame with a row for each event of one episode, those that it inherited included."""
        from . import frames

        return frames.frame(frames.event_rows(self.episode(episode)))
