"""What the tests of the decode pool may ask for."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from motionfit.media.decode_events import ClipsDecoded, DecodeEvent, DecodeTask
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling
from motionfit.media.worker.limits import DecodeLimits
from motionfit.media.worker.settings import WorkerSettings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., WorkerSettings]:
    """Settings of decoder processes that run a double; limits are given by name."""
    monkeypatch.syspath_prepend(Path(__file__).parent)  # decoders find modules where we do

    def build(
        *, decode: str = "decode_doubles:decode", slot_bytes: int = 1 << 20, **values: object
    ) -> WorkerSettings:
        limits = {
            name: values.pop(name) for name in DecodeLimits.__dataclass_fields__ if name in values
        }
        return WorkerSettings(
            decode=decode, slot_bytes=slot_bytes, limits=DecodeLimits(**limits), **values
        )

    return build


@pytest.fixture
def video(tmp_path: Path) -> Callable[..., DecodeTask]:
    """Tasks on files that tell the double what to do."""
    number = iter(range(1_000_000))

    def write(behaviour: str, **values: object) -> DecodeTask:
        path = tmp_path / f"{next(number)}.mp4"
        path.write_text(behaviour)
        return DecodeTask(path=path, **{"sampling": ClipSampling(), "size": (4, 6), **values})

    return write


Outcome = tuple[list[list[int]], DecodeEvent]


@pytest.fixture
def outcomes() -> Callable[..., dict[DecodeTask, Outcome]]:
    """Runs tasks and returns for each the distinct values of its chunks' frames, and its end."""

    def run(
        pool: DecodePool, tasks: Iterable[DecodeTask], **options: object
    ) -> dict[DecodeTask, Outcome]:
        values: dict[DecodeTask, list[list[int]]] = {}
        ended: dict[DecodeTask, Outcome] = {}
        for event in pool.run(tasks, **options):
            assert event.task not in ended, "an event after the end"
            chunks = values.setdefault(event.task, [])
            if isinstance(event, ClipsDecoded):
                chunks.append(sorted(set(event.clips.gather().ravel().tolist())))
                event.release()
            else:
                ended[event.task] = (chunks, event)
        return ended

    return run
