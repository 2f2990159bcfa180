"""Documents for programs."""

import json

from retrieval.export.json_document import format_json
from retrieval.export.ranges import ExportedRange
from retrieval.querying.hits import Hit


def test_a_range_has_the_keys_of_a_hit_and_unknown_values_are_null() -> None:
    content = format_json([ExportedRange(path="/v/é.mp4", start_seconds=0.0, end_seconds=1.0)])
    document = json.loads(content)
    assert document["format_version"] == 1
    (described,) = document["ranges"]
    assert set(Hit.__annotations__) <= set(described)
    assert described["path"] == "/v/é.mp4"
    assert "é".encode() in content
    unknown = ("rank", "similarity", "clip_id", "label", "frame_rate", "duration_seconds")
    assert [described[name] for name in unknown] == [None] * 6


def test_names_that_are_no_utf8_come_back_as_they_were() -> None:
    wanted = ExportedRange(
        path="/v/\udcff\n\ud800é.mp4", start_seconds=0.0, end_seconds=1.0, label="\udc80"
    )
    content = format_json([wanted])
    assert content.isascii()
    (described,) = json.loads(content)["ranges"]
    assert (described["path"], described["label"]) == (wanted.path, wanted.label)
