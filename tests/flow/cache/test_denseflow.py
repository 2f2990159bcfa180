import cv2
import numpy as np
import pytest

from motionfit.errors import ConfigError, FlowCacheWriteError, FlowImportError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.cache.denseflow import import_denseflow
from motionfit.flow.cache.imported import ImportedFlowSettings
from motionfit.flow.quantise import quantise_flow
from motionfit.flow.settings import FLOW_METHODS, FlowSettings

DENSEFLOW, MARS = "flow_{}_{:05d}.jpg", "TVL1jpg_{}_{:05d}.jpg"


def write_images(folder, planes, name=DENSEFLOW, first=0):
    """Write pairs of images; ``planes`` is ``(num_flows, 2, height, width)`` uint8."""
    folder.mkdir(exist_ok=True)
    for number, pair in enumerate(planes, start=first):
        for axis, plane in zip("xy", pair, strict=True):
            path = folder / name.format(axis, number)
            assert cv2.imwrite(str(path), plane, [cv2.IMWRITE_JPEG_QUALITY, 95])


@pytest.fixture(scope="session")
def planes():
    """Quantised flow of 11 pairs of frames, smooth and all different, x unlike y."""
    rows, columns = np.mgrid[:24, :32].astype(np.float32)
    flow = [np.stack([columns / 8 + t, t - rows / 6], axis=-1) for t in range(11)]
    return np.moveaxis(quantise_flow(np.stack(flow), 20.0), -1, 1)


@pytest.fixture
def images(tmp_path, planes):
    """A folder as denseflow writes it."""
    write_images(tmp_path / "walk", planes)
    return tmp_path / "walk"


def read_back(cache, content_hash, settings):
    with cache.open(content_hash, settings) as file:
        file.verify()
        return np.moveaxis(file.read_quantised(), -1, 1)


def decoded(folder, name, first, count):
    images = [
        [cv2.imread(str(folder / name.format(axis, number)), cv2.IMREAD_GRAYSCALE) for axis in "xy"]
        for number in range(first, first + count)
    ]
    return np.array(images)


def test_what_denseflow_wrote_is_read_as_any_decoder_reads_it(images, cache, content_hash, planes):
    settings = import_denseflow(images, cache, content_hash=content_hash)
    levels = read_back(cache, content_hash, settings)
    assert (levels == decoded(images, DENSEFLOW, 0, 11)).all()
    assert np.abs(levels.astype(int) - planes).max() <= 4


def test_what_mars_wrote_is_counted_from_one(tmp_path, cache, content_hash, planes):
    write_images(tmp_path / "walk", planes, MARS, first=1)
    settings = import_denseflow(tmp_path / "walk", cache, content_hash=content_hash)
    levels = read_back(cache, content_hash, settings)
    assert (levels == decoded(tmp_path / "walk", MARS, 1, 11)).all()


def test_other_files_beside_the_images_do_not_matter(images, cache, content_hash):
    (images / "img_00000.jpg").write_bytes(b"a frame")
    (images / "n_frames").write_text("12")
    settings = import_denseflow(images, cache, content_hash=content_hash)
    assert len(read_back(cache, content_hash, settings)) == 11


def test_imported_flow_has_the_bound_it_was_made_with(images, cache, content_hash):
    settings = import_denseflow(images, cache, content_hash=content_hash, bound=32.0, source="old")
    assert settings == ImportedFlowSettings(source="old", bound_px=32.0)
    with cache.open(content_hash, settings) as file:
        assert file.bound == 32.0
        assert file.saturated_share is None
        assert file.read(0, 1)[0, 0, 0] == pytest.approx(32 / 255, abs=0.5)


def test_imported_flow_never_stands_for_computed_flow(images, cache, content_hash):
    settings = import_denseflow(images, cache, content_hash=content_hash)
    assert cache.settings() == [settings]
    for method in FLOW_METHODS:
        assert not cache.has(content_hash, FlowSettings(method=method, bound_px=20.0))


def test_where_one_number_is_missing_it_is_named(images, cache, content_hash):
    (images / "flow_y_00004.jpg").unlink()
    with pytest.raises(FlowImportError, match=r"flow_y_00005\.jpg where number 4 for y"):
        import_denseflow(images, cache, content_hash=content_hash)
    assert not cache.has(content_hash, ImportedFlowSettings())


def test_numbers_that_begin_elsewhere_must_be_meant(tmp_path, cache, content_hash, planes):
    write_images(tmp_path / "walk", planes, DENSEFLOW, first=1)
    with pytest.raises(FlowImportError, match=r"flow_x_00001\.jpg where number 0 for x was"):
        import_denseflow(tmp_path / "walk", cache, content_hash=content_hash)
    settings = import_denseflow(tmp_path / "walk", cache, content_hash=content_hash, first_number=1)
    assert len(read_back(cache, content_hash, settings)) == 11


def test_as_many_images_for_x_as_for_y_are_needed(images, cache, content_hash):
    (images / "flow_y_00010.jpg").unlink()
    with pytest.raises(FlowImportError, match="11 images for x, 10 for y"):
        import_denseflow(images, cache, content_hash=content_hash)


@pytest.mark.parametrize("infix", ["p2", "m1"])
def test_flow_over_several_frames_is_refused(images, cache, content_hash, infix):
    for path in list(images.iterdir()):
        path.rename(images / path.name.replace("_0", f"_{infix}_0", 1))
    with pytest.raises(FlowImportError, match="is flow between frames that are not neighbours"):
        import_denseflow(images, cache, content_hash=content_hash)


def test_two_programs_images_in_one_folder_are_refused(images, cache, content_hash, planes):
    write_images(images, planes, MARS, first=1)
    with pytest.raises(FlowImportError, match="found TVL1jpg_ and flow_"):
        import_denseflow(images, cache, content_hash=content_hash)


def test_a_change_of_size_is_refused(images, cache, content_hash, planes):
    write_images(images, planes[:1, :, :20], DENSEFLOW, first=11)
    with pytest.raises(FlowImportError, match=r"flow_x_00011\.jpg: .* 32x20 px, after images of"):
        import_denseflow(images, cache, content_hash=content_hash)
    assert not cache.has(content_hash, ImportedFlowSettings())


def test_x_and_y_must_be_of_one_size(images, cache, content_hash, planes):
    cv2.imwrite(str(images / "flow_y_00003.jpg"), planes[0, 0, :, :30])
    with pytest.raises(
        FlowImportError, match=r"flow_y_00003\.jpg: .* 30x24 px, beside one of 32x24"
    ):
        import_denseflow(images, cache, content_hash=content_hash)


def test_an_image_that_is_cut_off_is_refused_by_name(images, cache, content_hash):
    path = images / "flow_x_00006.jpg"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FlowImportError, match=r"flow_x_00006\.jpg: .* cut off, or no JPEG"):
        import_denseflow(images, cache, content_hash=content_hash)


def test_what_only_ends_like_an_image_is_refused_by_name(images, cache, content_hash):
    (images / "flow_x_00006.jpg").write_bytes(b"no image\xff\xd9")
    with pytest.raises(FlowImportError, match=r"flow_x_00006\.jpg: .* cannot be decoded"):
        import_denseflow(images, cache, content_hash=content_hash)


def test_a_folder_without_images_is_refused(tmp_path, cache, content_hash):
    with pytest.raises(FlowImportError, match=r"expected images named .*, found none"):
        import_denseflow(tmp_path, cache, content_hash=content_hash)
    assert not cache.cache_dir.exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path, cache, content_hash):
    with pytest.raises(FlowImportError, match="No such file or directory"):
        import_denseflow(tmp_path / "gone", cache, content_hash=content_hash)


def test_a_bound_that_bounds_nothing_is_refused(images, cache, content_hash):
    with pytest.raises(ConfigError, match=r"bound_px is 0; expected a positive number"):
        import_denseflow(images, cache, content_hash=content_hash, bound=0)


def test_what_the_cache_says_is_passed_on(images, content_hash):
    with pytest.raises(FlowCacheWriteError):
        import_denseflow(images, FlowCache("/proc/cache"), content_hash=content_hash)
