"""Checking every byte of a flow cache."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from motionfit.errors import (
    ConfigError,
    FlowCacheDamagedError,
    FlowCacheVersionError,
    FlowError,
)
from motionfit.flow.cache.file import FlowFile
from motionfit.flow.cache.imported import KeptSettings, settings_of_key
from motionfit.flow.cache.layout import SETTINGS_NAME, SUFFIX, CacheLayout, settings_digest
from motionfit.flow.cache.write_errors import translated_write_errors
from motionfit.flow.in_threads import map_in_threads
from motionfit.flow.verify_report import DamagedFile, VerifyReport
from motionfit.progress import Progress


def verify_cache(cache: str | Path, *, remove: bool = False) -> VerifyReport:
    """Read and check every file of a cache, of all settings.

    Args:
        cache: The cache's folder.
        remove: Delete what is damaged, so that the next run makes it anew. A file that could not be
            read at all stays: the disk, or who may read it, is to be mended first.

    Raises:
        ConfigError: There is no cache.
        FlowCacheVersionError: The cache was written in another format.
        FlowCacheDamagedError: The cache does not say its format.
        FlowCacheWriteError: A damaged file cannot be removed.
    """
    started = time.monotonic()
    if not CacheLayout(Path(cache)).check():
        raise ConfigError("cache", str(cache), "a flow cache (there is none)")
    report = VerifyReport(cache=str(cache))
    files = list(_files(Path(cache), report, remove=remove))
    with Progress("verify", unit="file", total=len(files)) as progress:
        check = partial(_check, remove=remove)
        for checked in map_in_threads(check, files, num_threads=os.cpu_count() or 1):
            if checked is not None:
                report.add(checked.num_bytes, checked.damaged)
                if checked.damaged is not None:
                    progress.note(f"damaged: {checked.damaged.message}")
            progress.advance()
    report.damaged.sort(key=lambda damaged: damaged.path)
    report.seconds = time.monotonic() - started
    return report


@dataclass(frozen=True)
class _File:
    """One video's flow, and what it must have been computed with."""

    path: Path
    settings: KeptSettings


@dataclass(frozen=True)
class _Checked:
    """What was found of a file."""

    num_bytes: int
    damaged: DamagedFile | None = None


def _files(cache_dir: Path, report: VerifyReport, *, remove: bool) -> Iterator[_File]:
    """Yield every file that can be checked; what cannot be is noted in the report."""
    for path in sorted(cache_dir.glob(f"*/{SETTINGS_NAME}")):
        try:
            key = _read_key(path)
        except FlowCacheDamagedError as error:
            report.damaged.append(_damaged(path, error, remove=remove))
            continue
        settings = settings_of_key(key)
        if settings is None:
            remark = "flow of another version, which this one neither checks nor uses"
            report.remarks.append((str(path.parent), remark))
            continue
        for flow_path in sorted(path.parent.glob(f"??/*{SUFFIX}")):
            yield _File(flow_path, settings)


def _read_key(path: Path) -> str:
    """Return the key of a folder's settings, which must be those that the folder is named by."""
    try:
        key = json.dumps(json.loads(path.read_bytes()), sort_keys=True)
    except OSError as error:
        raise FlowCacheDamagedError(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise FlowCacheDamagedError(path, "it holds no settings") from error
    # By altered settings every whole file beside them would be taken for damaged.
    if not path.parent.name.endswith(f"-{settings_digest(key)}"):
        raise FlowCacheDamagedError(path, "it holds other settings than its folder is named by")
    return key


def _check(file: _File, *, remove: bool) -> _Checked | None:
    """Check a file; None where it is gone meanwhile."""
    path = file.path
    try:
        num_bytes = path.stat().st_size
        with _open(file) as flow:
            flow.verify()
    except FileNotFoundError:
        return None
    except (FlowCacheDamagedError, FlowCacheVersionError) as error:
        return _Checked(num_bytes, _damaged(path, error, remove=remove))
    return _Checked(num_bytes)


def _open(file: _File) -> FlowFile:
    try:
        return FlowFile(file.path, file.path.name.removesuffix(SUFFIX), file.settings)
    except (FileNotFoundError, FlowError):
        raise
    except OSError as error:
        raise FlowCacheDamagedError(file.path, error.strerror or str(error)) from error


def _damaged(path: Path, error: FlowError, *, remove: bool) -> DamagedFile:
    """Return what is wrong with a file, once it is removed if it is to be."""
    was_read = isinstance(error, FlowCacheDamagedError) and not isinstance(error.__cause__, OSError)
    if remove and was_read:
        with translated_write_errors(path):
            path.unlink(missing_ok=True)
    return DamagedFile(path=str(path), message=str(error), is_removed=remove and was_read)
