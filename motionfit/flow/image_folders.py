"""Which folder of a tree of flow images belongs to which video."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from motionfit.errors import FlowImportError, one_line
from motionfit.media.discover import find_videos


class ImageFolders:
    """The folders of flow images of some videos.

    ::

        videos/walk/a.mp4, named as videos/      DIR/walk/a, else DIR/a

    Args:
        videos: Files and folders, as the user names them.
        images_dir: The tree of images.

    Attributes:
        empty: Folders that were named and hold no video.
    """

    def __init__(self, videos: Iterable[str | Path], images_dir: str | Path) -> None:
        self.empty: list[Path] = []
        self._places: dict[Path, _Places] = {}
        for named in map(Path, videos):
            inside = list(find_videos([named]))
            if not inside:
                self.empty.append(named)
            for path in inside:
                self._places.setdefault(path, _places(path, named, Path(images_dir)))
        # Made before anything is imported: the first of two videos has no more right than the last.
        self._num_takers = Counter(places.folder for places in self._places.values())

    @property
    def paths(self) -> list[Path]:
        """Each video once, in the order found."""
        return list(self._places)

    def folder_of(self, path: Path) -> Path:
        """Return the folder of one video's images.

        Raises:
            FlowImportError: There is none, or several videos would be given the same.
        """
        places = self._places[path]
        if places.folder is None:
            looked_for = " or ".join(one_line(place) for place in places.candidates)
            raise FlowImportError(path, f"there is no folder {looked_for}")
        num_takers = self._num_takers[places.folder]
        if num_takers > 1:
            problem = f"{num_takers} videos found would be given this folder, {one_line(path)} one"
            raise FlowImportError(places.folder, problem)
        return places.folder


@dataclass(frozen=True)
class _Places:
    """Where a video's images may lie, the best first, and where a folder is."""

    candidates: list[Path]
    folder: Path | None


def _places(path: Path, named: Path, images_dir: Path) -> _Places:
    relative = Path(path.name) if path == named else path.relative_to(named)
    candidates = list(
        dict.fromkeys([images_dir / relative.parent / relative.stem, images_dir / relative.stem])
    )
    # Path.is_dir raises on names too long to exist.
    folder = next((each for each in candidates if os.path.isdir(each)), None)  # noqa: PTH112
    return _Places(candidates, folder)
