"""Methods by name, and the choice among them."""

import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from motionfit.errors import ConfigError
from motionfit.flow.methods import (
    MOST_DIFFERENCE_PX,
    Measured,
    choose_method,
    make_estimator,
    measure_methods,
)
from motionfit.flow.opencv_threads import one_opencv_thread


@pytest.mark.parametrize("method", ["tvl1", "tvl1-numba", "dis"])
def test_every_method_finds_known_motion(method, known_motion):
    estimator = make_estimator(method)

    error = known_motion.error_px(estimator.estimate(known_motion.grey)[0])

    assert estimator.method == method
    assert error < 0.5 * known_motion.error_px(np.zeros_like(known_motion.flow))


@pytest.mark.parametrize("method", ["tvl1", "tvl1-numba", "dis"])
def test_threads_may_share_an_estimator(method, real_pairs):
    estimator = make_estimator(method)
    grey = real_pairs[0]
    expected = estimator.estimate(grey)
    found = [None] * 4

    def estimate(number):
        found[number] = estimator.estimate(grey)

    threads = [threading.Thread(target=estimate, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for flow in found:
        np.testing.assert_array_equal(flow, expected)


def test_on_a_cpu_the_compiled_method_is_measured_fastest():
    assert choose_method("cpu") == "tvl1-numba"


def test_what_was_measured_on_a_cpu_is_told():
    measured = {each.method: each for each in measure_methods("cpu")}

    assert set(measured) == {"tvl1", "tvl1-numba"}
    assert measured["tvl1"].difference_px == 0
    assert 0 < measured["tvl1-numba"].difference_px <= MOST_DIFFERENCE_PX


def test_a_method_that_strays_from_the_reference_is_not_trusted():
    strays = Measured(method="tvl1-torch", pairs_per_second=1e6, difference_px=0.2)

    assert not strays.is_trusted


def test_a_device_that_is_not_there_is_refused_in_one_sentence():
    with pytest.raises(ConfigError, match="device is 'tpu'; expected"):
        make_estimator("tvl1-torch", device="tpu")


def test_opencv_gets_its_threads_back_when_the_last_is_out():
    before = cv2.getNumThreads()

    with one_opencv_thread():
        with one_opencv_thread():
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 1

    assert cv2.getNumThreads() == before


def test_the_flow_of_small_pictures_by_dis_does_not_depend_on_the_pair_before():
    noise = np.random.default_rng(0).normal(128, 60, (3, 40, 48)).clip(0, 255)
    frames = np.stack([cv2.GaussianBlur(picture, (0, 0), 2) for picture in noise]).astype(np.uint8)

    flow = make_estimator("dis").estimate(frames)

    np.testing.assert_array_equal(flow[1], make_estimator("dis").estimate(frames[1:])[0])


def test_the_choice_on_a_cpu_does_not_load_torch():
    script = (
        "import sys; from motionfit.flow.methods import choose_method; choose_method();"
        "sys.exit('torch' in sys.modules)"
    )
    if any(Path(driver).exists() for driver in ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")):
        pytest.skip("this machine has a GPU, about which torch has to be asked")

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
