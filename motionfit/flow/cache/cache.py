"""The flow cache: which videos' flow is kept where, with what settings."""

from collections.abc import Iterator
from pathlib import Path

from motionfit.durable import remove_leftovers
from motionfit.errors import FlowCacheDamagedError, FlowNotCachedError
from motionfit.flow.cache.file import FlowFile
from motionfit.flow.cache.imported import KeptSettings
from motionfit.flow.cache.layout import SUFFIX, CacheLayout
from motionfit.flow.cache.write_errors import translated_write_errors
from motionfit.flow.cache.writer import FlowWriter


class FlowCache:
    """A folder of flow, one file a video and settings.

    Nothing is kept open, so that it may be pickled and used from several threads and processes.
    Reading makes nothing; the first writer makes the folder. Flow is asked for by the video's
    content and by all settings: flow of other settings, of another version of an algorithm, or
    imported, never answers.

    Args:
        cache_dir: A flow cache, an empty folder, or a new one.
    """

    def __init__(self, cache_dir: str | Path) -> None:
        self.cache_dir = Path(cache_dir)
        self._layout = CacheLayout(self.cache_dir)

    def has(self, content_hash: str, settings: KeptSettings) -> bool:
        """Return whether a video's flow is kept.

        Args:
            content_hash: The video's, from `motionfit.media.identity`.
            settings: What the flow is to be computed with.

        Raises:
            ConfigError: Something else than a cache stands in its place, or the hash is none.
            FlowCacheVersionError: The cache was written in another format.
            FlowCacheDamagedError: The cache does not say its format.
        """
        path = self._layout.path(content_hash, settings)
        return self._layout.check() and path.is_file()

    def open(
        self, content_hash: str, settings: KeptSettings, *, video: str | Path | None = None
    ) -> FlowFile:
        """Return a video's flow, open for reading; use it in a ``with``.

        Args:
            content_hash: The video's, from `motionfit.media.identity`.
            settings: What the flow was computed with.
            video: Names the video in errors; None names it by its hash.

        Raises:
            FlowNotCachedError: There is none.
            FlowCacheVersionError: It was written in another format.
            FlowCacheDamagedError: It is cut off, altered, or of another video.
            ConfigError: Something else than a cache stands in its place.
        """
        path = self._layout.path(content_hash, settings)
        try:
            if not self._layout.check():
                raise FileNotFoundError
            return FlowFile(path, content_hash, settings)
        except FileNotFoundError as error:
            raise FlowNotCachedError(video or content_hash, self.cache_dir) from error
        except FlowCacheDamagedError:
            raise
        except OSError as error:
            raise FlowCacheDamagedError(path, error.strerror or str(error)) from error

    def writer(self, content_hash: str, settings: KeptSettings) -> FlowWriter:
        """Return a writer of a video's flow; use it in a ``with``, and end with `commit`.

        What killed processes left unfinished is removed. Several processes may write into one
        cache; where two write the same video, one whole file remains.

        Args:
            content_hash: The video's, from `motionfit.media.identity`.
            settings: What the flow is computed with.

        Raises:
            FlowCacheWriteError: The folder cannot be made or written to.
            FlowCacheVersionError: The cache was written in another format.
            FlowCacheDamagedError: The cache does not say its format.
            ConfigError: Something else than a cache stands in its place.
        """
        path = self._layout.path(content_hash, settings)
        folder = self._layout.settings_dir(settings)
        self._layout.prepare(settings)
        with translated_write_errors(path):
            remove_leftovers(folder)
        return FlowWriter(path, folder, content_hash, settings)

    def settings(self) -> list[KeptSettings]:
        """Return the settings of which flow is kept, less those of another version's algorithms.

        Raises:
            ConfigError: Something else than a cache stands in its place.
            FlowCacheVersionError: The cache was written in another format.
            FlowCacheDamagedError: The cache does not say its format, or a folder not its settings.
        """
        return list(self._layout.settings())

    def content_hashes(self, settings: KeptSettings) -> Iterator[str]:
        """Yield the hash of each video whose flow is kept, in their order.

        Raises:
            FlowError: As `settings` raises.
        """
        if self._layout.check():
            for path in sorted(self._layout.settings_dir(settings).glob(f"??/*{SUFFIX}")):
                yield path.name.removesuffix(SUFFIX)
