"""Names of reels and of cut files."""

import re

from hypothesis import given
from hypothesis import strategies as st

from retrieval.export.file_names import name_files
from retrieval.export.ranges import ExportedRange
from retrieval.export.reels import name_reels

NAMES = st.lists(st.text(st.characters(exclude_categories=[]), min_size=1), max_size=20)


def range_of(path: str, start: float = 1.0, **others) -> ExportedRange:
    return ExportedRange(path=path, start_seconds=start, end_seconds=start + 1, **others)


def test_a_reel_is_named_after_its_file() -> None:
    reels = name_reels(["/a/Jump over.mp4", "/a/ünicode-très-long.mp4", "/a/漢字.mp4"])
    assert list(reels.values()) == ["JUMPOVER", "UNICODET", "SOURCE"]


def test_files_of_one_name_get_reels_of_their_own_and_one_file_the_same() -> None:
    paths = ["/a/surveillance_1.mp4", "/b/surveillance_1.mp4", "/a/surveillance_1.mp4"]
    assert name_reels(paths) == {paths[0]: "SURVEILL", paths[1]: "SURVEIL2"}


def test_no_source_is_taken_for_black_or_auxiliary() -> None:
    assert set(name_reels(["bl.mp4", "ax.mov", "black.avi"]).values()) == {"BL2", "AX2", "BLACK2"}


@given(names=NAMES)
def test_reels_are_short_plain_and_unlike_each_other(names: list[str]) -> None:
    reels = name_reels(names)
    assert all(re.fullmatch("[A-Z0-9]{1,8}", reel) for reel in reels.values())
    assert len(set(reels.values())) == len(set(names))


def test_two_hundred_sources_of_one_name_have_as_many_reels() -> None:
    paths = [f"/{number}/camera_01.mp4" for number in range(200)]
    reels = name_reels(paths)
    assert len(set(reels.values())) == 200
    assert max(map(len, reels.values())) == 8


def test_a_cut_file_tells_rank_label_and_times() -> None:
    wanted = ExportedRange(
        rank=3, path="/v/a.mp4", start_seconds=12.4, end_seconds=14.1, label="jump"
    )
    assert name_files([wanted], ".mp4") == ["003_jump_0012.40-0014.10.mp4"]


def test_place_and_video_name_stand_in_for_rank_and_label() -> None:
    names = name_files([range_of("/v/a b.mp4"), range_of("/v/../x.mp4")], ".mp4")
    assert names == ["001_a_b_0001.00-0002.00.mp4", "002_x_0001.00-0002.00.mp4"]


def test_equal_ranges_get_names_of_their_own_also_where_case_does_not_count() -> None:
    ranges = [range_of("/v/a.mp4", rank=1), range_of("/v/A.mp4", rank=1), range_of("b", rank=2)]
    assert name_files(ranges, ".mp4") == [
        "001_a_0001.00-0002.00.mp4",
        "001_A_0001.00-0002.00_2.mp4",
        "002_b_0001.00-0002.00.mp4",
    ]


@given(labels=NAMES)
def test_names_are_safe_whatever_the_labels(labels: list[str]) -> None:
    ranges = [range_of("/v/../../etc/passwd\n", label=label, rank=1) for label in labels]
    names = name_files(ranges, ".mp4")
    assert all(
        re.fullmatch(r"\d{3}_[A-Za-z0-9][\w.-]{0,70}\.mp4", name, re.ASCII) for name in names
    )
    assert len({name.lower() for name in names}) == len(names)
