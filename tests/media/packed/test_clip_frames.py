from hypothesis import given
from hypothesis import strategies as st

from motionfit.media.packed.clip_frames import clip_frame_indices


def test_a_video_is_begun_anew_and_flow_stays_at_its_last():
    shape = {"clip_length": 4, "stride": 1}
    assert clip_frame_indices(2, 5, **shape, is_flow=False).tolist() == [2, 3, 4, 0]
    assert clip_frame_indices(2, 4, **shape, is_flow=True).tolist() == [2, 3, 3, 3]
    leaping = clip_frame_indices(0, 3, clip_length=5, stride=2, is_flow=False)
    assert leaping.tolist() == [0, 2, 1, 0, 2]


@given(
    start=st.integers(0, 50),
    clip_length=st.integers(1, 20),
    stride=st.integers(1, 4),
    num_spare=st.integers(0, 20),
    is_flow=st.booleans(),
)
def test_within_a_video_frames_follow_each_other(
    start: int, clip_length: int, stride: int, num_spare: int, is_flow: bool
) -> None:
    num_rows = start + (clip_length - 1) * stride + 1 + num_spare
    found = clip_frame_indices(
        start, num_rows, clip_length=clip_length, stride=stride, is_flow=is_flow
    )
    assert found.tolist() == [start + stride * number for number in range(clip_length)]
