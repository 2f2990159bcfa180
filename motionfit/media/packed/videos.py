"""Packed videos, read."""

import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError, PackedVideosError
from motionfit.media.outcomes import FailedFile
from motionfit.media.packed.layout import (
    DATA_OFFSET,
    HEADER_BYTES,
    VERSION,
    Header,
    PackedFormat,
    PackedKind,
)
from motionfit.media.packed.table import PackedTable, SourceFile


class PackedVideos:
    """Frames or flow of many videos at one small size, any of them at hand at once.

    The file is mapped, not read: opening costs its table, a clip costs the copy of its pixels, and
    processes that open the same file share the memory. Threads may read at once. Pickled, it is its
    path; who unpickles it opens the file.

    Args:
        path: What `pack_frames`, `pack_flow` or `pack_arrays` wrote.

    Attributes:
        path: The file.
        names: ``(num_videos)`` paths of the videos, as they were given.
        content_hashes: Of each video's bytes; equal where two names have one content.
        num_frames: ``(num_videos,)`` int64, rows of each video: frames, or flows, of which a video
            has one less than frames.
        failed: Videos that were to be packed and could not be.

    Raises:
        PackedVideosError: There is no such file, or it is damaged or of another version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._table = read_table(self.path)
        videos = self._table.videos
        self.names: tuple[str, ...] = tuple(name for name, _ in videos)
        self.content_hashes: tuple[str, ...] = tuple(stored.content_hash for _, stored in videos)
        self.failed: tuple[FailedFile, ...] = self._table.failed
        self.num_frames: NDArray[np.int64] = _frozen([stored.num_rows for _, stored in videos])
        self._first_rows = _frozen([stored.first_row for _, stored in videos])
        self._rows = _map_rows(self.path, self._table)

    def __reduce__(self) -> tuple[type["PackedVideos"], tuple[Path]]:
        return PackedVideos, (self.path,)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def num_videos(self) -> int:
        """Videos in the file, by name."""
        return len(self.names)

    @property
    def format(self) -> PackedFormat:
        """What the rows are."""
        return self._table.format

    @property
    def kind(self) -> PackedKind:
        """``frames`` or ``flow``."""
        return self.format.kind

    @property
    def is_flow(self) -> bool:
        """Whether the rows are flow."""
        return self.kind == "flow"

    @property
    def size(self) -> tuple[int, int]:
        """``(height, width)`` px."""
        return self.format.size

    @property
    def num_channels(self) -> int:
        """3 of frames (RGB), 2 of flow (x, y)."""
        return self.format.row_shape[0]

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        """Every file that was to be packed, those that failed too."""
        return self._table.sources

    def planes(self, video: int) -> NDArray[np.uint8]:
        """Return all of a video, still on disk: ``(num_frames, channel, height, width)`` uint8.

        Nothing is copied, and nothing may be written to it.
        """
        first = int(self._first_rows[video])
        return self._rows[first : first + int(self.num_frames[video])]

    def read(self, video: int, frame_indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return some frames (or flows) of a video.

        Args:
            video: Its place among ``names``.
            frame_indices: ``(time,)`` int64, from 0; any order, repeats too.

        Returns:
            ``(time, height, width, channel)`` uint8 of its own. In memory each frame is one plane a
            channel.

        Raises:
            ConfigError: There are no such frames.
        """
        planes = self.planes(video)
        indices = np.asarray(frame_indices)
        if indices.size and not 0 <= indices.min() <= indices.max() < len(planes):
            found = (int(indices.min()), int(indices.max()))
            raise ConfigError("frames", found, f"numbers from 0 to {len(planes) - 1}")
        return np.moveaxis(planes[indices], 1, -1)

    def verify(self) -> None:
        """Read every row and compare the checksums.

        Raises:
            PackedVideosError: A byte is not as it was written.
        """
        for video, (name, stored) in enumerate(self._table.videos):
            if zlib.crc32(self.planes(video).data) != stored.crc32:
                raise PackedVideosError(self.path, f"damaged, a checksum of {name} differs")


def read_table(path: Path) -> PackedTable:
    """Return the table of a file after checking that the file is whole.

    Raises:
        PackedVideosError: There is no such file, or it is damaged or of another version.
    """
    try:
        with path.open("rb") as file:
            header = Header.from_bytes(file.read(HEADER_BYTES))
            if header.version != VERSION:
                problem = f"packed videos of version {header.version}, expected {VERSION}"
                raise PackedVideosError(path, problem)
            size = os.fstat(file.fileno()).st_size
            if size != header.table_offset + header.table_length:
                raise ValueError("damaged, its length is not what its header says")
            file.seek(header.table_offset)
            text = file.read(header.table_length)
        if zlib.crc32(text) != header.table_crc32:
            raise ValueError("damaged, a checksum of its table differs")
        table = PackedTable.from_json(text)
        if DATA_OFFSET + table.num_rows * table.format.row_bytes > header.table_offset:
            raise ValueError("damaged, rows are missing")
    except PackedVideosError:
        raise
    except OSError as error:
        problem, advice = error.strerror or str(error), "name a file of packed videos"
        raise PackedVideosError(path, problem, advice) from error
    except (ValueError, KeyError, TypeError) as error:
        raise PackedVideosError(path, str(error)) from error
    return table


def _map_rows(path: Path, table: PackedTable) -> NDArray[np.uint8]:
    shape = (table.num_rows, *table.format.row_shape)
    if table.num_rows == 0:
        return np.empty(shape, np.uint8)
    rows = np.memmap(path, np.uint8, mode="r", offset=DATA_OFFSET, shape=shape)
    # A plain array over the map: slicing a memmap costs ten times as much.
    return rows.view(np.ndarray)


def _frozen(values: list[int]) -> NDArray[np.int64]:
    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array
