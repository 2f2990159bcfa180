"""Whether packed videos are what an encoder takes: their kind, their size, how flow was made."""

from motionfit.encoders.origin import Origin
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError
from motionfit.media.packed.videos import PackedVideos


def check_input(packed: PackedVideos, spec: EncoderSpec) -> None:
    """Refuse videos that an encoder cannot see.

    Raises:
        ConfigError: They are flow and it takes frames or the other way round, or they are packed at
            another size than it takes.
    """
    if packed.num_channels != spec.in_channels:
        expected = f"videos of {spec.in_channels} channels, as the encoder takes"
        raise ConfigError("videos", f"{packed.kind} of {packed.num_channels}", expected)
    if packed.size != spec.resize:
        raise ConfigError("size", packed.size, f"{spec.resize} px, as the encoder takes")


def check_flow(packed: PackedVideos, origin: Origin) -> None:
    """Refuse flow that was made otherwise than the flow that an encoder has learnt from.

    Where either is unknown, nothing is refused.

    Raises:
        ConfigError: Method, size, bound or the treatment of camera motion differ.
    """
    found = describe_flow(packed)
    if None not in (found, origin.flow) and found != origin.flow:
        raise ConfigError("flow", found, f"what the encoder has learnt from, {origin.flow}")


def describe_flow(packed: PackedVideos) -> str | None:
    """Return what decided the values of packed flow: ``tvl1 at 64x86 px, bound 5.33333 px``.

    The implementations of TV-L1 have one name: they give the same flow.

    Returns:
        None for frames, and where the file does not say.
    """
    settings = packed.format.settings.get("flow")
    if not packed.is_flow or settings is None:
        return None
    if "imported" in settings:
        imported = settings["imported"]
        return f"imported from {imported['source']}, bound {imported['bound_px']:g} px"
    method = str(settings["method"]).partition("-")[0]
    size = settings["size"]
    at = "the videos' own size" if size is None else f"{size[0]}x{size[1]} px"
    text = f"{method} at {at}, bound {settings['bound_px']:g} px"
    return f"{text}, without camera motion" if settings["remove_camera_motion"] else text
