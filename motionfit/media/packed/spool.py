"""The rows of one video while they are made."""

import tempfile
import zlib
from io import BufferedRandom
from pathlib import Path
from shutil import copyfileobj

import numpy as np
from numpy.typing import NDArray

from motionfit.media.packed.write_errors import writing

# About 4,000 frames of 64x86 px: most videos are written to disk only once.
_MEMORY_BYTES = 64 << 20
_COPY_BYTES = 1 << 20


class RowSpool:
    """Rows of a video that is not yet complete: in memory, and on disk where there are many.

    Videos are decoded side by side, yet the rows of each are to lie one after the other, and those
    of a video that fails in the end nowhere.

    Args:
        path: File of packed videos that it is for; a long video waits beside it.

    Attributes:
        num_rows: Rows so far.
        crc32: Of their bytes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.num_rows = 0
        self.crc32 = 0
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by `close`
            max_size=_MEMORY_BYTES, mode="w+b", dir=str(path.parent)
        )

    def append(self, rows: NDArray[np.uint8]) -> None:
        """Add rows.

        Args:
            rows: ``(num_rows, channel, height, width)`` uint8.

        Raises:
            PackedVideosError: The disk is full, or fails.
        """
        data = np.ascontiguousarray(rows).data
        with writing(self._path):
            self._file.write(data)
        self.crc32 = zlib.crc32(data, self.crc32)
        self.num_rows += len(rows)

    def copy_to(self, file: BufferedRandom) -> None:
        """Write all rows to where ``file`` stands."""
        self._file.seek(0)
        copyfileobj(self._file, file, _COPY_BYTES)

    def close(self) -> None:
        """Forget the rows."""
        self._file.close()
