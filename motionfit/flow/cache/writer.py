"""Writing the flow of one video into the cache."""

from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from motionfit.durable import TemporaryFile
from motionfit.errors import ConfigError
from motionfit.flow.cache.coding import FLOWS_PER_BLOCK, encode_block
from motionfit.flow.cache.container import ContainerWriter
from motionfit.flow.cache.description import FlowDescription
from motionfit.flow.cache.imported import KeptSettings
from motionfit.flow.cache.layout import FORMAT
from motionfit.flow.cache.write_errors import translated_write_errors


class FlowWriter:
    """Flows of one video on their way into the cache; a context manager.

    At most one block of flows waits in memory, so that a video may be long. Nothing is in the cache
    until `commit` returns; a writer that is left without it leaves nothing behind.

    Args:
        target: Where the file will stand.
        folder: Where to keep it until then.
        content_hash: Of the video.
        settings: What the flow was computed with.
    """

    def __init__(
        self, target: Path, folder: Path, content_hash: str, settings: KeptSettings
    ) -> None:
        self._target = target
        self._content_hash = content_hash
        self._settings = settings
        self._pending: NDArray[np.uint8] | None = None
        self._num_pending = 0
        self._num_flows = 0
        self._num_saturated: float | None = 0.0
        with translated_write_errors(target):
            self._temporary = TemporaryFile(folder, content_hash)
        self._container = ContainerWriter(self._temporary.file)

    def __enter__(self) -> "FlowWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, levels: NDArray[np.uint8], *, saturated_share: float | None = None) -> None:
        """Add the next flows of the video.

        Args:
            levels: ``(num_flows, height, width, 2)`` uint8, as `quantise_flow` returns them; height
                and width as of the flows before.
            saturated_share: Share of these flows' vectors that were clipped, from
                `motionfit.flow.quantise.saturated_share`; None where nobody counted.

        Raises:
            ConfigError: The array has another shape or type.
            FlowCacheWriteError: The disk is full, or fails.
        """
        pending = self._checked_pending(levels)
        self._count_saturated(len(levels), saturated_share)
        taken = 0
        while taken < len(levels):
            count = min(len(levels) - taken, FLOWS_PER_BLOCK - self._num_pending)
            part = levels[taken : taken + count]
            pending[self._num_pending : self._num_pending + count] = part
            taken += count
            self._num_pending += count
            if self._num_pending == FLOWS_PER_BLOCK:
                self._write_pending(pending)

    def commit(
        self, *, num_frames_expected: int | None = None, num_frames_decoded: int | None = None
    ) -> None:
        """Put the file in its place, once the disk has it; in place of one that stands there.

        Args:
            num_frames_expected: Frames that the video's header promises, if it does.
            num_frames_decoded: Frames that could be decoded, if that is known.

        Raises:
            ConfigError: No flow was appended.
            FlowCacheWriteError: The disk is full, or fails.
        """
        if self._pending is not None and self._num_pending:
            self._write_pending(self._pending)
        if self._num_flows == 0:
            raise ConfigError("num_flows", 0, "at least one flow before commit")
        description = self._description(num_frames_expected, num_frames_decoded)
        with translated_write_errors(self._target):
            self._container.finish(FORMAT, description.to_json())
            self._temporary.publish(self._target)

    def close(self) -> None:
        """Remove what was written, unless it was committed."""
        self._container.close()
        self._temporary.close()

    def _description(self, expected: int | None, decoded: int | None) -> FlowDescription:
        assert self._pending is not None
        _, height, width, _ = self._pending.shape
        saturated = self._num_saturated
        return FlowDescription(
            content_hash=self._content_hash,
            settings_key=self._settings.key(),
            num_flows=self._num_flows,
            height=height,
            width=width,
            bound=self._settings.bound,
            saturated_share=None if saturated is None else saturated / self._num_flows,
            num_frames_expected=expected,
            num_frames_decoded=decoded,
            flows_per_block=FLOWS_PER_BLOCK,
        )

    def _checked_pending(self, levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the block that is being filled, after checking that the flows fit into it."""
        if levels.dtype != np.uint8 or levels.ndim != 4 or levels.shape[-1] != 2:
            found = f"{levels.dtype} {levels.shape}"
            raise ConfigError("flow", found, "uint8 (num_flows, height, width, 2)")
        if self._pending is None:
            self._pending = np.empty((FLOWS_PER_BLOCK, *levels.shape[1:]), np.uint8)
        if levels.shape[1:] != self._pending.shape[1:]:
            before = self._pending.shape[1:3]
            raise ConfigError("flow size", levels.shape[1:3], f"{before}, as of the flows before")
        return self._pending

    def _count_saturated(self, num_flows: int, share: float | None) -> None:
        if share is None or self._num_saturated is None:
            self._num_saturated = None
        else:
            self._num_saturated += share * num_flows

    def _write_pending(self, pending: NDArray[np.uint8]) -> None:
        data = encode_block(pending[: self._num_pending])
        with translated_write_errors(self._target):
            self._container.add_block(self._num_flows, data)
        self._num_flows += self._num_pending
        self._num_pending = 0
