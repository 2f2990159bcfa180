"""Videos brought to the size of training: frames are decoded, flow is computed first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.choice import begun_with
from motionfit.flow.making.make import make_flow
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.methods import TV_L1_METHODS
from motionfit.flow.packing import find_packed_flow, pack_flow
from motionfit.flow.settings import FlowSettings
from motionfit.media.outcomes import FailedFile
from motionfit.media.packed.frames import pack_frames
from motionfit.media.packed.layout import NUM_CHANNELS, PackedKind
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.run_files import make_folder

# What packed videos serve for, for the names of their files: who asks for the same gets the same.
LABELLED, UNLABELLED, TEST = "labelled", "unlabelled", "test"


def seen_by(encoder: ClipEncoder) -> PackedKind:
    """Return what an encoder takes."""
    return "flow" if encoder.spec.in_channels == NUM_CHANNELS["flow"] else "frames"


@dataclass(kw_only=True)
class Packer:
    """Packs videos into one folder, which several runs may share: what is there is known again.

    Attributes:
        folder: Where packed videos go, a file for each list of videos, kind and size.
        cache: Where flow is kept, at the size that it is computed at.
        making: How flow is computed.
        flow: What it was computed with, the same for all; None as long as none was asked for.
        failed: Videos that could not be used, by path, the first reason of each.
    """

    folder: Path
    cache: Path
    making: MakingSettings
    flow: FlowSettings | None = field(default=None, init=False)
    failed: dict[str, FailedFile] = field(default_factory=dict, init=False)
    _packed: dict[tuple[object, ...], PackedVideos] = field(default_factory=dict, init=False)

    def pack(
        self, kind: PackedKind, videos: Sequence[Path], what: str, *, size: tuple[int, int]
    ) -> PackedVideos:
        """Return videos packed as frames or as flow.

        Args:
            kind: Which.
            videos: Files.
            what: What they serve for, for the file's name.
            size: ``(height, width)`` px.

        Raises:
            TooFewVideosError: Not one video can be used.
            MotionFitError: As `make_flow`, `pack_flow` and `pack_frames` raise.
        """
        asked = (kind, tuple(videos), what, size)
        if asked not in self._packed:
            make_folder(self.folder)
            pack = self._frames if kind == "frames" else self._flow
            self._packed[asked] = pack(videos, what, size)
        return self._packed[asked]

    def _frames(self, videos: Sequence[Path], what: str, size: tuple[int, int]) -> PackedVideos:
        out_path = self._place(videos, f"{what}_frames", size, "")
        packed = pack_frames(videos, out_path, size=size).packed
        self._note(packed.failed)
        return packed

    def _flow(self, videos: Sequence[Path], what: str, size: tuple[int, int]) -> PackedVideos:
        ready = self._find_flow(videos, what, size)
        if ready is not None:
            return ready
        # What was found or made for other videos decides: nothing is learnt from two kinds.
        making = self.making if self.flow is None else replace(self.making, method=self.flow.method)
        report = make_flow(videos, self.cache, making, names_method=self.flow is None)
        # Before those of packing, which only miss the flow.
        self._note(report.failed)
        assert report.settings is not None  # there are videos
        self.flow = report.settings
        packed = pack_flow(
            videos,
            FlowCache(self.cache),
            report.settings,
            self._place_of_flow(videos, what, size, report.settings),
            size=size,
        ).packed
        self._note(packed.failed)
        return packed

    def _find_flow(
        self, videos: Sequence[Path], what: str, size: tuple[int, int]
    ) -> PackedVideos | None:
        """Return the flow of all these videos where it is packed, if it is in the cache or not."""
        for settings in self._possible_flows():
            out_path = self._place_of_flow(videos, what, size, settings)
            ready = find_packed_flow(videos, settings, out_path, size=size)
            if ready is not None:
                self.flow = settings
                return ready
        return None

    def _possible_flows(self) -> list[FlowSettings]:
        if self.flow is not None:
            return [self.flow]
        if self.making.method != "auto":
            return [self.making.flow_settings(self.making.method)]
        begun = begun_with(self.making, FlowCache(self.cache)) or TV_L1_METHODS
        return [self.making.flow_settings(method) for method in begun]

    def _place_of_flow(
        self, videos: Sequence[Path], what: str, size: tuple[int, int], settings: FlowSettings
    ) -> Path:
        return self._place(videos, f"{what}_flow", size, settings.key())

    def _place(
        self, videos: Sequence[Path], name: str, size: tuple[int, int], settings: str
    ) -> Path:
        """Return a file of its own for each thing that can be asked for, the same every time."""
        listing = "\0".join([settings, *map(str, videos)])
        digest = sha256(listing.encode(errors="surrogateescape")).hexdigest()[:8]
        return self.folder / f"{name}_{size[0]}x{size[1]}_{digest}"

    def _note(self, failures: Iterable[FailedFile]) -> None:
        for failure in failures:
            self.failed.setdefault(failure.path, failure)
