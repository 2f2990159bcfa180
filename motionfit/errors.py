"""Every error this project raises on purpose.

::

    MotionFitError
    ├── ConfigError                     ValueError
    │   └── NotGivenError
    ├── MediaError
    │   ├── VideoNotFoundError          FileNotFoundError
    │   ├── UnreadableVideoError        ValueError
    │   ├── VideoTooShortError          ValueError
    │   ├── VideoTooLargeError          ValueError
    │   ├── DecodeTimeoutError          TimeoutError
    │   ├── DecodeMemoryError           RuntimeError
    │   ├── DecoderCrashError           RuntimeError
    │   ├── DecoderStartError           RuntimeError
    │   ├── VideoChangedError           RuntimeError
    │   └── DatasetError                ValueError
    ├── FlowError
    │   ├── FlowMethodError             ValueError
    │   ├── FrameSizeError              ValueError
    │   ├── SingleFrameError            ValueError
    │   ├── FlowNotCachedError          LookupError
    │   ├── FlowCacheVersionError       ValueError
    │   ├── FlowCacheDamagedError       OSError
    │   ├── FlowCacheWriteError         OSError
    │   └── FlowImportError             ValueError
    ├── EncoderError
    │   ├── UnknownEncoderError         ValueError
    │   ├── CheckpointError             ValueError
    │   ├── WeightsUnavailableError     OSError
    │   ├── EmbeddingError              ArithmeticError
    │   └── DeviceMemoryError           MemoryError
    ├── StoreError
    │   ├── StoreNotFoundError          FileNotFoundError
    │   ├── StoreLockedError            RuntimeError
    │   ├── CatalogError                OSError
    │   ├── CollectionNotFoundError     LookupError
    │   ├── IndexingNotFoundError       LookupError
    │   ├── ClipNotFoundError           LookupError
    │   ├── EncoderMismatchError        ValueError
    │   ├── IndexDamagedError           OSError
    │   └── IndexWriteError             OSError
    ├── ExportError
    │   ├── ExportWriteError            OSError
    │   └── ExportCancelledError        RuntimeError
    ├── TrainingError
    │   ├── TooFewVideosError           ValueError
    │   ├── PackedVideosError           OSError
    │   ├── PseudoLabelError            ValueError
    │   ├── RunMismatchError            ValueError
    │   ├── RunLockedError              RuntimeError
    │   ├── RunFileError                OSError
    │   ├── TrialError                  RuntimeError
    │   └── DivergedError               ArithmeticError
    └── FeatureFilesError               ValueError

A message says what is wrong, with the value; what was expected; what to do. Foreign errors
(decoder, SQL, FAISS, torch) are translated at one wall each with ``raise ... from error``. Commands
catch ``MotionFitError`` in their ``main`` and the app in its page wrapper, nowhere else.
"""

from collections.abc import Iterable
from pathlib import Path


def one_line(text: object) -> str:
    """Return ``text`` on one line, unprintable characters escaped, for use inside a message."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in str(text)
    )


class MotionFitError(Exception):
    """Root of every error raised on purpose."""


class ConfigError(MotionFitError, ValueError):
    """A setting has a value that cannot be used."""

    def __init__(self, setting: str, value: object, expected: str) -> None:
        super().__init__(f"{setting} is {one_line(repr(value))}; expected {expected}.")


class NotGivenError(ConfigError):
    """Something that is needed was not given."""

    def __init__(self, setting: str, needed: str) -> None:
        MotionFitError.__init__(self, f"{setting} is not given; needed: {needed}.")


class MediaError(MotionFitError):
    """A video or a list of videos cannot be used."""


class VideoNotFoundError(MediaError, FileNotFoundError):
    """No regular file stands at a path."""

    def __init__(self, path: str | Path, found: str = "nothing") -> None:
        super().__init__(f"{one_line(path)}: expected a video file, found {found}.")


class UnreadableVideoError(MediaError, ValueError):
    """A file is no video, or holds no frame that can be decoded."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{one_line(path)}: not readable as video: {one_line(reason)}.")


class VideoTooShortError(MediaError, ValueError):
    """A video has fewer frames than a clip and the short-video policy refuses it."""

    def __init__(self, path: str | Path, num_frames: int, needed: int) -> None:
        super().__init__(
            f"{one_line(path)}: {num_frames} frames, a clip needs {needed}; "
            "choose short='loop' or 'repeat_last' to stretch short videos."
        )


class VideoTooLargeError(MediaError, ValueError):
    """A video's frames are larger than the decoder accepts."""

    def __init__(self, path: str | Path, width: int, height: int, max_pixels: int) -> None:
        super().__init__(
            f"{one_line(path)}: frames of {width}x{height} are larger than the limit of "
            f"{max_pixels} pixels a frame."
        )


class DecodeTimeoutError(MediaError, TimeoutError):
    """Decoding made no progress within its deadline; the decoder process was killed."""

    def __init__(self, path: str | Path, seconds: float) -> None:
        super().__init__(
            f"{one_line(path)}: decoding took longer than {seconds:g} s and was stopped."
        )


class DecoderCrashError(MediaError, RuntimeError):
    """The decoder process died while it read a file."""

    def __init__(self, path: str | Path, cause: str) -> None:
        super().__init__(f"{one_line(path)}: the decoder process died ({one_line(cause)}).")


class DecodeMemoryError(MediaError, RuntimeError):
    """Decoding needs more memory than a decoder process may take."""

    def __init__(self, path: str | Path, memory_bytes: int) -> None:
        super().__init__(
            f"{one_line(path)}: decoding needs more memory than the limit of "
            f"{memory_bytes / (1 << 20):.0f} MiB and was stopped."
        )


class DecoderStartError(MediaError, RuntimeError):
    """Decoder processes die before they take any work."""

    def __init__(self, num_attempts: int, cause: str) -> None:
        super().__init__(
            f"Decoder processes died {num_attempts} times in a row before they took any work "
            f"({one_line(cause)}); check the installation of PyAV and the memory limit."
        )


class VideoChangedError(MediaError, RuntimeError):
    """A file was written to, replaced or removed while it was read."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(
            f"{one_line(path)}: the file changed while it was read; try again when it is complete."
        )


class DatasetError(MediaError, ValueError):
    """A labelled data set's lists or folders cannot be read."""

    def __init__(self, source: str | Path, problem: str) -> None:
        super().__init__(f"{one_line(source)}: {problem}.")


class FlowError(MotionFitError):
    """Optical flow cannot be computed, kept or read."""


class FlowMethodError(FlowError, ValueError):
    """A method of optical flow cannot run on this machine."""

    def __init__(self, method: str, reason: str) -> None:
        super().__init__(
            f"Optical flow by {one_line(method)} cannot run here: {one_line(reason)}; "
            "choose another with --method, or leave the choice to auto."
        )


class FrameSizeError(FlowError, ValueError):
    """Frames are too small for optical flow."""

    def __init__(self, height: int, width: int, smallest: int) -> None:
        super().__init__(
            f"Frames of {width}x{height} px are too small for optical flow; "
            f"expected at least {smallest} px in both directions."
        )


class SingleFrameError(FlowError, ValueError):
    """A video has one frame, and flow is between two."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(f"{one_line(path)}: one frame only; optical flow needs two or more.")


class FlowNotCachedError(FlowError, LookupError):
    """The cache holds no flow of a video with the wanted settings."""

    def __init__(self, video: str | Path, cache_dir: str | Path) -> None:
        super().__init__(
            f"{one_line(video)}: no flow of it with these settings in {one_line(cache_dir)}; "
            "make it with `python -m motionfit.flow VIDEO --cache DIR`."
        )


class FlowCacheVersionError(FlowError, ValueError):
    """A flow cache was written in another format."""

    def __init__(self, path: str | Path, found: object, expected: int) -> None:
        super().__init__(
            f"{one_line(path)}: flow cache of format {one_line(repr(found))}, this version reads "
            f"format {expected}; name another folder with --cache, or remove this one."
        )


class FlowCacheDamagedError(FlowError, OSError):
    """A file of a flow cache fails its checks."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(
            f"{one_line(path)}: damaged flow file: {one_line(problem)}; remove it and run "
            "`python -m motionfit.flow` again, which makes what is missing."
        )


class FlowCacheWriteError(FlowError, OSError):
    """A file of a flow cache could not be written; what was there is unharmed."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(
            f"{one_line(path)}: could not be written: {one_line(problem)}; nothing is lost, run "
            "the same command again once that is mended."
        )


class FlowImportError(FlowError, ValueError):
    """A folder of flow that another program made cannot be read as that."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(f"{one_line(path)}: not usable as flow images: {one_line(problem)}.")


class EncoderError(MotionFitError):
    """An encoder cannot be had."""


class UnknownEncoderError(EncoderError, ValueError):
    """No encoder has the given name and no checkpoint stands at it."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"No encoder is called {one_line(repr(name))} and no checkpoint stands there; "
            f"expected a checkpoint file or one of {', '.join(known)}."
        )


class CheckpointError(EncoderError, ValueError):
    """A checkpoint file cannot be read as an encoder."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(f"{one_line(path)}: not a usable encoder checkpoint: {one_line(problem)}.")


class WeightsUnavailableError(EncoderError, OSError):
    """Published weights could not be downloaded."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The weights of {name} could not be downloaded ({one_line(reason)}); connect to the "
            "network once, or choose another encoder with --encoder."
        )


class EmbeddingError(EncoderError, ArithmeticError):
    """An encoder made values of a clip that cannot be compared."""

    def __init__(self, encoder: str) -> None:
        super().__init__(
            f"{one_line(encoder)} turned a clip into values that are not finite numbers; "
            "its weights are of no use, choose another encoder with --encoder."
        )


class DeviceMemoryError(EncoderError, MemoryError):
    """A batch of clips does not fit the memory of the device."""

    def __init__(self, device: str) -> None:
        super().__init__(
            f"The memory of {device} is full; stop other programs that use it, or run on the CPU "
            "with --device cpu."
        )


class StoreError(MotionFitError):
    """The store on disk cannot be used."""


class StoreNotFoundError(StoreError, FileNotFoundError):
    """No store stands in a directory."""

    def __init__(self, directory: str | Path) -> None:
        super().__init__(
            f"{one_line(directory)}: no store here; make one with "
            "`python -m retrieval.index VIDEOS --store DIR`, or name another with --store."
        )


class StoreLockedError(StoreError, RuntimeError):
    """Another process is writing to the store."""

    def __init__(self, directory: str | Path, holder: str) -> None:
        super().__init__(
            f"{one_line(directory)}: another process is writing here ({one_line(holder)}); "
            "wait until it has finished, or stop it."
        )


class CatalogError(StoreError, OSError):
    """The SQL catalog cannot be read or written."""

    def __init__(self, location: str | Path, problem: str) -> None:
        super().__init__(f"{one_line(location)}: the catalog cannot be used: {one_line(problem)}.")


class CollectionNotFoundError(StoreError, LookupError):
    """The store has no collection of a given name (or none indexed by a given encoder)."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = ", ".join(known) or "none yet"
        super().__init__(
            f"No collection is called {one_line(repr(name))}; this store has: {names}."
        )


class IndexingNotFoundError(StoreError, LookupError):
    """The catalog has no indexing of a given id (any more)."""

    def __init__(self, indexing_id: int) -> None:
        super().__init__(
            f"Indexing {indexing_id} is gone: its collection was removed or indexed anew; "
            "open the collection again."
        )


class ClipNotFoundError(StoreError, LookupError):
    """The catalog has no clip of a given id."""

    def __init__(self, clip_id: int) -> None:
        super().__init__(f"No clip has the id {clip_id}; ids stand in the output of a query.")


class EncoderMismatchError(StoreError, ValueError):
    """Vectors or a checkpoint do not belong to the encoder that the store names."""

    def __init__(self, wanted: str, found: str) -> None:
        super().__init__(
            f"The collection was indexed with encoder {wanted}, not with {found}; "
            "name that encoder, or index the collection again with this one."
        )


class IndexDamagedError(StoreError, OSError):
    """A generation of a vector index fails its checks; it is rebuilt from the catalog."""

    def __init__(self, directory: str | Path, problem: str) -> None:
        super().__init__(
            f"{one_line(directory)}: the vector index is damaged: {one_line(problem)}."
        )


class IndexWriteError(StoreError, OSError):
    """A new generation of a vector index could not be written; the one before it still serves."""

    def __init__(self, directory: str | Path, problem: str) -> None:
        super().__init__(
            f"{one_line(directory)}: the vector index could not be written: {one_line(problem)}; "
            "nothing is lost, run the same command again once that is mended."
        )


class ExportError(MotionFitError):
    """Results cannot be written for other programs."""


class ExportWriteError(ExportError, OSError):
    """The file of an export could not be written; what stood there before still does."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(
            f"{one_line(path)}: could not be written: {one_line(problem)}; "
            "mend that, or export to another place."
        )


class ExportCancelledError(ExportError, RuntimeError):
    """An export was stopped before its end, as asked."""

    def __init__(self) -> None:
        super().__init__("The export was stopped; nothing was written.")


class TrainingError(MotionFitError):
    """An encoder cannot be trained."""


class TooFewVideosError(TrainingError, ValueError):
    """A training set has too few videos or classes."""

    def __init__(self, source: str | Path, found: str, needed: str) -> None:
        super().__init__(f"{one_line(source)}: {one_line(found)}; training needs {needed}.")


class PackedVideosError(TrainingError, OSError):
    """A file of packed videos cannot be written or read."""

    def __init__(
        self,
        path: str | Path,
        problem: str,
        advice: str = "remove it, and the same command makes it anew",
    ) -> None:
        super().__init__(f"{one_line(path)}: {one_line(problem)}; {advice}.")


class PseudoLabelError(TrainingError, ValueError):
    """Pseudo-labels cannot be made of these features, or read from this file."""

    def __init__(self, source: str | Path, problem: str) -> None:
        super().__init__(f"{one_line(source)}: {one_line(problem)}.")


class RunMismatchError(TrainingError, ValueError):
    """A run folder was begun with other settings, data or code."""

    def __init__(self, run_dir: str | Path, difference: str) -> None:
        super().__init__(
            f"{one_line(run_dir)}: begun with {one_line(difference)}; "
            "continue it with what it was begun with, or name another folder with --out."
        )


class RunLockedError(TrainingError, RuntimeError):
    """Another process works in a run folder."""

    def __init__(self, run_dir: str | Path, holder: str) -> None:
        super().__init__(
            f"{one_line(run_dir)}: {one_line(holder)} works in this folder; "
            "wait until it has finished, or stop it."
        )


class RunFileError(TrainingError, OSError):
    """A file of a run cannot be written or read."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(f"{one_line(path)}: {one_line(problem)}.")


class TrialError(TrainingError, RuntimeError):
    """The process that carried out a trial of an experiment has failed."""

    def __init__(self, run_dir: str | Path, problem: str, log: str | Path) -> None:
        super().__init__(f"{one_line(run_dir)}: {one_line(problem)}; {one_line(log)} tells more.")


class DivergedError(TrainingError, ArithmeticError):
    """The loss of a run is no longer a finite number."""

    def __init__(self, epoch: int, step: int, learning_rate: float) -> None:
        super().__init__(
            f"The loss is no finite number in epoch {epoch}, step {step}, at learning rate "
            f"{learning_rate:g}; use a smaller one. The last checkpoint is kept."
        )


class FeatureFilesError(MotionFitError, ValueError):
    """Feature arrays for an evaluation are missing or do not fit together."""

    def __init__(self, source: str | Path, problem: str) -> None:
        super().__init__(
            f"{one_line(source)}: {problem}; expected train_feature.npy and test_feature.npy "
            "(videos, clips, dim), train_class.npy and test_class.npy (videos, clips)."
        )


def restore_error(class_name: str, message: str) -> MotionFitError:
    """Return an error of the named class with a ready message.

    Errors cross the wall to a decoder process as two strings; this is the way back. A name that is
    not one of this module's becomes a ``MotionFitError``.
    """
    candidates = [MotionFitError]
    for error_class in candidates:
        if error_class.__name__ == class_name:
            break
        candidates.extend(error_class.__subclasses__())
    else:
        error_class = MotionFitError
    error = error_class.__new__(error_class)
    Exception.__init__(error, message)
    return error
