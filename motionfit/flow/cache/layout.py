"""Where things lie in a cache's folder.

::

    DIR/flow-cache.json                          the format of all that is below
    DIR/tvl1-numba-0123456789abcdef/             one folder for each settings
        settings.json                            them, to be read
        .0123abcd.._x7k2.part                    a file being written, or left by a killed run
        01/0123abcd....flow                      one file a video, named by its content
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from motionfit.durable import write_durably
from motionfit.errors import ConfigError, FlowCacheDamagedError, FlowCacheVersionError
from motionfit.flow.cache.imported import KeptSettings, settings_of_key
from motionfit.flow.cache.write_errors import translated_write_errors

FORMAT = 1
FORMAT_NAME = "flow-cache.json"
SETTINGS_NAME = "settings.json"
SUFFIX = ".flow"

_CONTENT_HASH = re.compile(r"[0-9a-f]{8,128}")


class CacheLayout:
    """Paths in a cache's folder, and the check that it is one."""

    def __init__(self, cache_dir: Path) -> None:
        self.cache_dir = cache_dir

    def settings_dir(self, settings: KeptSettings) -> Path:
        """Return the folder of the videos with one settings."""
        return self.cache_dir / f"{settings.method}-{settings_digest(settings.key())}"

    def path(self, content_hash: str, settings: KeptSettings) -> Path:
        """Return the file of one video.

        Raises:
            ConfigError: ``content_hash`` is not what `motionfit.media.identity` makes.
        """
        if not _CONTENT_HASH.fullmatch(content_hash):
            raise ConfigError("content_hash", content_hash, "8 or more lower-case hex digits")
        return self.settings_dir(settings) / content_hash[:2] / f"{content_hash}{SUFFIX}"

    def check(self) -> bool:
        """Return whether a cache stands here; False where there is nothing yet.

        Raises:
            ConfigError: Something else stands here.
            FlowCacheVersionError: It was written in another format.
            FlowCacheDamagedError: Its format cannot be read.
        """
        if not self.cache_dir.exists():
            return False
        if not self.cache_dir.is_dir():
            raise ConfigError("cache", str(self.cache_dir), "a folder")
        path = self.cache_dir / FORMAT_NAME
        try:
            found = json.loads(path.read_bytes())["format"]
        except FileNotFoundError:
            self._refuse_other_folder()
            return False
        except OSError as error:
            raise FlowCacheDamagedError(path, error.strerror or str(error)) from error
        except (ValueError, TypeError, KeyError) as error:
            raise FlowCacheDamagedError(path, "it names no format") from error
        if found != FORMAT:
            raise FlowCacheVersionError(path, found, FORMAT)
        return True

    def prepare(self, settings: KeptSettings) -> None:
        """Make the cache's folder and that of some settings, where they are not there.

        Raises:
            FlowCacheWriteError: They cannot be made.
            FlowError: As `check` raises.
        """
        folder = self.settings_dir(settings)
        with translated_write_errors(folder):
            if not self.check():
                write_durably(self.cache_dir / FORMAT_NAME, _json_bytes({"format": FORMAT}))
            if not (folder / SETTINGS_NAME).exists():
                write_durably(folder / SETTINGS_NAME, _json_bytes(json.loads(settings.key())))

    def settings(self) -> Iterator[KeptSettings]:
        """Yield the settings that this version may be asked for, in the order of their folders."""
        if not self.check():
            return
        for path in sorted(self.cache_dir.glob(f"*/{SETTINGS_NAME}")):
            try:
                key = json.dumps(json.loads(path.read_bytes()), sort_keys=True)
            except (OSError, ValueError) as error:
                raise FlowCacheDamagedError(path, "it holds no settings") from error
            settings = settings_of_key(key)
            if settings is not None:
                yield settings

    def _refuse_other_folder(self) -> None:
        # Hidden names may be a cache that is just being made, and its format is the first that can
        # be seen of it: what is seen beside a format that came meanwhile is a cache's.
        names = {entry.name for entry in self.cache_dir.iterdir() if entry.name[0] != "."}
        is_made_meanwhile = (self.cache_dir / FORMAT_NAME).exists()
        if names - {FORMAT_NAME, "lost+found"} and not is_made_meanwhile:
            expected = f"a flow cache, an empty folder or a new one (there is no {FORMAT_NAME})"
            raise ConfigError("cache", str(self.cache_dir), expected)


def settings_digest(key: str) -> str:
    """Return what the name of the folder of some settings ends with."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _json_bytes(values: object) -> bytes:
    return (json.dumps(values, indent=2, sort_keys=True) + "\n").encode()
