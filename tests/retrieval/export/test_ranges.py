"""What may be exported."""

import math

import pytest

from motionfit.errors import ConfigError
from retrieval.export.ranges import ExportedRange
from retrieval.querying.hits import Hit


def test_a_hit_becomes_a_range_with_all_that_is_known_of_it() -> None:
    hit = Hit(
        rank=3,
        similarity=-0.25,
        clip_id=17,
        video_id=4,
        path="/videos/jump.mp4",
        start_seconds=1.5,
        end_seconds=2.0,
        label="jump",
    )
    wanted = ExportedRange.from_hit(hit, collection="sport", frame_rate=25.0, duration_seconds=9.0)
    assert wanted.to_json() == {
        **hit.to_json(),
        "collection": "sport",
        "frame_rate": 25.0,
        "duration_seconds": 9.0,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", ""),
        ("start_seconds", math.nan),
        ("start_seconds", -0.1),
        ("start_seconds", math.inf),
        ("end_seconds", math.nan),
        ("end_seconds", math.inf),
        ("end_seconds", 1.0),
        ("similarity", math.nan),
        ("frame_rate", math.nan),
        ("frame_rate", -25.0),
        ("duration_seconds", math.inf),
    ],
)
def test_values_that_no_video_has_are_refused_at_birth(field: str, value: object) -> None:
    values = {"path": "a.mp4", "start_seconds": 1.0, "end_seconds": 2.0, field: value}
    with pytest.raises(ConfigError, match=field):
        ExportedRange(**values)
