"""Writing a file of packed videos: aside, continued after a kill, in place in one step."""

import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedRandom
from pathlib import Path
from types import TracebackType

from motionfit.durable import make_folder, sync
from motionfit.errors import PackedVideosError
from motionfit.media.outcomes import FailedFile
from motionfit.media.packed.journal import Journal
from motionfit.media.packed.layout import DATA_OFFSET, Header, PackedFormat, StoredVideo
from motionfit.media.packed.spool import RowSpool
from motionfit.media.packed.table import PackedTable, SourceFile
from motionfit.media.packed.write_errors import writing

# What a kill may cost: some seconds of decoding.
SYNC_BYTES = 256 << 20


class PackedWriter:
    """A file of packed videos under construction; a context manager.

    Rows go into ``.NAME.part`` beside the file, and what is there for certain into a journal. A
    writer that was left or killed before `finish` is continued by the next one of the same format:
    what the journal names is not made again. One process at a time.

    Args:
        path: Where the file will stand.
        packed_format: What the rows are.
        sync_bytes: Rows are noted in the journal when they are on disk for certain, which takes
            time, and so is done once for so many bytes.

    Attributes:
        stored: Videos that are in, by the hash of their content.

    Raises:
        PackedVideosError: Another process is writing it, or the disk refuses.
    """

    def __init__(
        self, path: str | Path, packed_format: PackedFormat, *, sync_bytes: int = SYNC_BYTES
    ) -> None:
        self.path = Path(path)
        self.format = packed_format
        self.stored: dict[str, StoredVideo] = {}
        self._sync_bytes = sync_bytes
        self._num_rows = 0
        self._num_rows_synced = 0
        self._unsynced: list[StoredVideo] = []
        self._part_path = self.path.with_name(f".{self.path.name}.part")
        with writing(self.path):
            make_folder(self.path.parent)
            self._file = self._open_locked()
        try:
            with writing(self.path):
                self._journal = Journal(
                    self.path.with_name(f".{self.path.name}.journal"), packed_format
                )
                self._continue()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "PackedWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def spool(self) -> RowSpool:
        """Return where to collect the rows of a video."""
        with writing(self.path):
            return RowSpool(self.path)

    def add(self, content_hash: str, spool: RowSpool) -> None:
        """Take all rows of a video; the spool is closed.

        Raises:
            PackedVideosError: The disk is full, or fails; what was added before is kept.
        """
        with writing(self.path):
            self._file.seek(DATA_OFFSET + self._num_rows * self.format.row_bytes)
            spool.copy_to(self._file)
        video = StoredVideo(
            content_hash=content_hash,
            first_row=self._num_rows,
            num_rows=spool.num_rows,
            crc32=spool.crc32,
        )
        spool.close()
        self.stored[content_hash] = video
        self._num_rows += video.num_rows
        self._unsynced.append(video)
        if (self._num_rows - self._num_rows_synced) * self.format.row_bytes >= self._sync_bytes:
            with writing(self.path):
                self._sync()

    def finish(
        self,
        listing: Sequence[tuple[str, str]],
        *,
        failed: Sequence[FailedFile] = (),
        sources: Sequence[SourceFile] = (),
    ) -> None:
        """Write the table and put the file in its place.

        Args:
            listing: Name and content hash of each video, in the order wanted.
            failed: What could not be packed.
            sources: What was asked for; see `PackedTable`.

        Raises:
            PackedVideosError: The disk is full, or fails; what was added is kept.
        """
        table = PackedTable(
            format=self.format,
            videos=tuple((name, self.stored[content_hash]) for name, content_hash in listing),
            failed=tuple(failed),
            sources=tuple(sources),
        )
        with writing(self.path):
            self._sync()
            offset = DATA_OFFSET + self._num_rows * self.format.row_bytes
            text = table.to_json()
            self._file.seek(offset)
            self._file.write(text)
            self._file.truncate()
            self._file.seek(0)
            self._file.write(Header.of_table(text, offset).to_bytes())
            self._to_disk()
            self._part_path.replace(self.path)
            self._journal.remove()
            sync(self.path.parent)

    def close(self) -> None:
        """Close the file; one that is not finished can be continued."""
        with suppress(OSError):
            self._sync()
        with suppress(OSError):
            self._file.close()

    def _open_locked(self) -> BufferedRandom:
        while True:
            descriptor = os.open(self._part_path, os.O_RDWR | os.O_CREAT, 0o644)
            file = open(descriptor, "r+b")  # noqa: PTH123, SIM115
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Until it was locked, another process may have finished it and put it in place.
                if _is_at(file, self._part_path):
                    return file
                file.close()
            except BlockingIOError as error:
                file.close()
                advice = "wait until that has finished"
                raise PackedVideosError(
                    self.path, "another process is writing it", advice
                ) from error

    def _continue(self) -> None:
        """Take over what an earlier writer has brought to disk for certain; cut off the rest."""
        size = os.fstat(self._file.fileno()).st_size
        row_bytes = self.format.row_bytes
        for video in self._journal.videos():
            end = video.first_row + video.num_rows
            if DATA_OFFSET + end * row_bytes > size:
                break
            self.stored[video.content_hash] = video
            self._num_rows = end
        self._num_rows_synced = self._num_rows
        self._file.truncate(DATA_OFFSET + self._num_rows * row_bytes)
        self._journal.begin(list(self.stored.values()))

    def _sync(self) -> None:
        """Bring all rows to disk, then note in the journal that they are there."""
        if self._unsynced:
            self._to_disk()
            self._journal.add(self._unsynced)
            self._unsynced = []
            self._num_rows_synced = self._num_rows

    def _to_disk(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())


def _is_at(file: BufferedRandom, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
