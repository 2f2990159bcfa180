"""Rendered videos: their flow is true and their frames do not tell their class."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.media.synthetic_motions import MOTIONS
from motionfit.media.synthetic_render import RenderedVideo, render_video

SIZE = (64, 86)
NUM_FRAMES = 32
EDGE = np.ones((7, 7), np.uint8)


def render(class_name: str, *seed: int, num_frames: int = NUM_FRAMES) -> RenderedVideo:
    return render_video(class_name, np.random.default_rng(seed), size=SIZE, num_frames=num_frames)


def test_there_are_eighteen_classes():
    assert len(MOTIONS) == 18


@pytest.mark.parametrize("class_name", MOTIONS)
def test_equal_seeds_give_equal_bytes_and_others_do_not(class_name: str):
    first, second = render(class_name, 1), render(class_name, 1)
    assert first.frames.tobytes() == second.frames.tobytes()
    assert first.flow().tobytes() == second.flow().tobytes()
    assert first.frames.tobytes() != render(class_name, 2).frames.tobytes()


def test_arrays_have_the_shapes_that_were_asked_for():
    video = render("pulse", 0, num_frames=11)
    assert (video.frames.shape, video.frames.dtype) == ((11, 64, 86, 3), np.uint8)
    assert (video.masks.shape, video.masks.dtype) == ((11, 64, 86), np.bool_)
    assert (video.flow().shape, video.flow().dtype) == ((10, 64, 86, 2), np.float32)


# Only motion tells the class


@pytest.mark.parametrize("num_frames", [31, 32])
def test_the_middle_frame_is_the_same_in_every_class(num_frames: int):
    videos = [render(class_name, 3, num_frames=num_frames) for class_name in MOTIONS]
    middles = {video.frames[num_frames // 2].tobytes() for video in videos}
    assert len(middles) == 1
    assert len({video.frames.tobytes() for video in videos}) == len(MOTIONS)


@pytest.mark.parametrize("class_name", MOTIONS)
def test_the_object_stays_in_sight_and_moves(class_name: str):
    for seed in range(3):
        video = render(class_name, seed)
        visible = video.masks.mean(axis=(1, 2))
        assert visible.min() > 0.02
        assert visible.max() < 0.6
        flow, is_object = video.flow(), video.masks[:-1]
        relative = flow[is_object] - flow[~is_object].mean(axis=0)
        assert np.linalg.norm(relative, axis=1).mean() > 0.2


@pytest.fixture(scope="module")
def gallery_and_queries() -> tuple[
    list[tuple[int, RenderedVideo]], list[tuple[int, RenderedVideo]]
]:
    def side(number: int, count: int) -> list[tuple[int, RenderedVideo]]:
        return [
            (label, render(class_name, number, label, index))
            for label, class_name in enumerate(MOTIONS)
            for index in range(count)
        ]

    return side(0, 5), side(1, 2)


def nearest_neighbor_recall(gallery: list, queries: list, describe) -> float:
    labels = np.array([label for label, _ in gallery])
    known = np.array([describe(video) for _, video in gallery])
    scale = known.std(axis=0) + 1e-9
    hits = [
        labels[np.linalg.norm((describe(video) - known) / scale, axis=1).argmin()] == label
        for label, video in queries
    ]
    return float(np.mean(hits))


def test_the_nearest_middle_frame_is_of_the_class_no_oftener_than_chance(gallery_and_queries):
    assert nearest_neighbor_recall(*gallery_and_queries, describe_middle_frame) < 2.5 / 18


def test_the_nearest_motion_is_of_the_class(gallery_and_queries):
    assert nearest_neighbor_recall(*gallery_and_queries, describe_motion) > 0.7


def describe_middle_frame(video: RenderedVideo) -> NDArray[np.float64]:
    """Colours of a small picture, histograms of colours and of gradient directions."""
    frame = video.frames[NUM_FRAMES // 2]
    small = cv2.resize(frame, (12, 9), interpolation=cv2.INTER_AREA).ravel()
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float64)
    gradient_y, gradient_x = np.gradient(gray)
    gradients, _ = np.histogram(
        np.arctan2(gradient_y, gradient_x),
        bins=12,
        range=(-np.pi, np.pi),
        weights=np.hypot(gradient_x, gradient_y),
    )
    colors = [np.histogram(frame[:, :, c], bins=12, range=(0, 256))[0] for c in range(3)]
    return np.concatenate([small, gradients, *colors]).astype(np.float64)


def describe_motion(video: RenderedVideo) -> NDArray[np.float64]:
    """How the object's flow shifts, grows, turns and stretches, in the mean over the video."""
    steps = np.array(list(affine_steps(video)))
    bends = np.diff(steps, axis=0)
    turns = steps[:-1, 0] * steps[1:, 1] - steps[:-1, 1] * steps[1:, 0]
    return np.concatenate(
        [steps.mean(axis=0), abs(steps).mean(axis=0), abs(bends).mean(axis=0), [turns.mean()]]
    )


def affine_steps(video: RenderedVideo) -> Iterator[NDArray[np.float64]]:
    for flow, mask in zip(video.flow(), video.masks, strict=False):
        y, x = np.nonzero(mask)
        points = np.stack([np.ones_like(x), x - x.mean(), y - y.mean()], axis=1)
        relative = flow[mask] - flow[~mask].mean(axis=0)
        shift, along_x, along_y = np.linalg.solve(points.T @ points, points.T @ relative)
        growth, turn = along_x[0] + along_y[1], along_x[1] - along_y[0]
        yield np.array([*shift, growth, turn, along_x[0] - along_y[1]])


# A background that distracts


def background_speed(video: RenderedVideo) -> float:
    flow, is_object = video.flow(), video.masks[:-1]
    return float(np.linalg.norm(flow[~is_object], axis=1).mean())


def test_a_distracting_background_moves_more_than_a_slow_one():
    slow, distracting = (
        [
            background_speed(
                render_video(
                    "swing", np.random.default_rng(seed), size=SIZE, background_motion=motion
                )
            )
            for seed in range(12)
        ]
        for motion in ("slow", "distracting")
    )
    assert np.mean(distracting) > 2 * np.mean(slow)


def test_a_distracting_background_moves_alike_in_every_class():
    videos = [
        render_video(
            class_name, np.random.default_rng(3), size=SIZE, background_motion="distracting"
        )
        for class_name in MOTIONS
    ]
    tracks = {video.background_matrices.tobytes() for video in videos}
    assert len(tracks) == 1


# The flow is true


@pytest.mark.parametrize("class_name", MOTIONS)
def test_the_next_frame_taken_back_along_the_flow_is_this_frame(class_name: str):
    video = render(class_name, 5)
    flows = video.flow()
    for time in range(0, NUM_FRAMES - 1, 5):
        frame = video.frames[time]
        back = taken_back(video.frames[time + 1], flows[time])
        for region in clear_regions(video, flows[time], time):
            difference = np.abs(back - frame)[region].mean()
            assert difference < 0.15 * frame[region].std()
            assert np.hypot(*remaining_shift(back, frame, region)) < 0.05


def test_flow_that_is_off_by_a_tenth_of_a_pixel_would_be_noticed():
    video = render("swing", 5)
    flow = video.flow()[0]
    back = taken_back(video.frames[1], flow + np.float32([0.1, 0]))
    for region in clear_regions(video, flow, 0):
        shift = remaining_shift(back, video.frames[0], region)
        assert shift == pytest.approx([0.1, 0], abs=0.05)


def taken_back(frame: NDArray[np.uint8], flow: NDArray[np.float32]) -> NDArray[np.float32]:
    y, x = np.mgrid[: frame.shape[0], : frame.shape[1]].astype(np.float32)
    return cv2.remap(frame.astype(np.float32), x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)


def clear_regions(
    video: RenderedVideo, flow: NDArray[np.float32], time: int
) -> list[NDArray[np.bool_]]:
    """The object and the background, away from the edges between them and of the frame."""
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    x, y = x + flow[..., 0], y + flow[..., 1]
    stays = (x >= 1) & (y >= 1) & (x <= flow.shape[1] - 2) & (y <= flow.shape[0] - 2)
    regions = []
    for masks in (video.masks, ~video.masks):
        here, there = (cv2.erode(masks[t].astype(np.uint8), EDGE) for t in (time, time + 1))
        regions.append(stays & (here > 0) & (cv2.remap(there, x, y, cv2.INTER_NEAREST) > 0))
    return regions


def remaining_shift(
    back: NDArray[np.float32], frame: NDArray[np.uint8], region: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The least-squares shift that is left between two pictures, px (Lucas and Kanade)."""
    middle = (back + frame).mean(axis=2) / 2
    gradient_y, gradient_x = np.gradient(middle)
    slopes = np.stack([gradient_x[region], gradient_y[region]], axis=1)
    change = (back - frame).mean(axis=2)[region]
    return np.linalg.lstsq(slopes, change, rcond=None)[0]


# What the names say


@pytest.mark.parametrize(
    ("class_name", "expected"),
    [("move_left", (-1, 0)), ("move_right", (1, 0)), ("move_up", (0, -1)), ("move_down", (0, 1))],
)
def test_objects_travel_the_way_their_class_says(class_name: str, expected: tuple[int, int]):
    track = MOTIONS[class_name](np.random.default_rng(0), 40)
    assert (np.sign(np.diff(track.x)) == expected[0]).all()
    assert (np.sign(np.diff(track.y)) == expected[1]).all()


def test_clockwise_is_as_seen_on_the_screen():
    video = render("rotate_clockwise", 0)
    first, second = video.object_matrices[:2, :2, 0]
    assert first[0] * second[1] - first[1] * second[0] > 0  # y points down
    circle = MOTIONS["circle_clockwise"](np.random.default_rng(0), 40)
    steps = np.stack([np.diff(circle.x), np.diff(circle.y)])
    assert (steps[0, :-1] * steps[1, 1:] - steps[1, :-1] * steps[0, 1:] > 0).all()


def test_zooming_in_makes_the_object_larger():
    areas = render("zoom_in", 0).masks.sum(axis=(1, 2))
    assert areas[-1] > 1.5 * areas[0]
