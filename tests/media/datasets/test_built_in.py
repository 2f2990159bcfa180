"""The synthetic data set by its name."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from motionfit.media.datasets.registry import load_dataset
from motionfit.media.synthetic import GENERATION, MANIFEST_NAME, SyntheticSettings
from motionfit.media.synthetic_motions import MOTIONS
from motionfit.user_dirs import user_cache_dir


def names_of_all(settings: SyntheticSettings) -> Iterator[str]:
    num_videos = settings.num_train_per_class + settings.num_test_per_class
    for class_name in MOTIONS:
        for group in range(1, num_videos + 1):
            subset = "train" if group <= settings.num_train_per_class else "test"
            yield f"{subset}/{class_name}/v_{class_name}_g{group:02d}_c01.mp4"


@pytest.fixture
def nearly_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The built-in data set as an earlier program left it, all of it but one video."""
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    root = user_cache_dir() / "synthetic"
    settings = SyntheticSettings()
    for name in names_of_all(settings):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    manifest = json.dumps({"generation": GENERATION, **asdict(settings)}, indent=2) + "\n"
    (root / MANIFEST_NAME).write_text(manifest)
    (root / "train" / "zoom_in" / "v_zoom_in_g01_c01.mp4").unlink()
    return root


def test_the_built_in_data_set_needs_no_folder_and_is_made_as_far_as_it_is_absent(
    nearly_made: Path,
):
    made = load_dataset("synthetic")
    assert made.name == "synthetic"
    assert (len(made.train), len(made.test)) == (20 * len(MOTIONS), 10 * len(MOTIONS))
    assert made.missing == ()
    sizes = {path.name: path.stat().st_size for path in nearly_made.rglob("*.mp4")}
    assert [name for name, size in sizes.items() if size] == ["v_zoom_in_g01_c01.mp4"]
