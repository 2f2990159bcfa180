"""Every format that ranges can be exported in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from motionfit.errors import ConfigError
from retrieval.export.contact_sheet import format_contact_sheet
from retrieval.export.csv_table import format_csv
from retrieval.export.cut_archive import write_cut_videos
from retrieval.export.edit_list import format_edl
from retrieval.export.json_document import format_json
from retrieval.export.playlist import format_playlist
from retrieval.export.ranges import ExportedRange, FailedRange
from retrieval.export.run import ExportRun
from retrieval.export.timeline import format_otio

Write = Callable[[Sequence[ExportedRange], BinaryIO, ExportRun], Sequence[FailedRange]]


@dataclass(frozen=True, kw_only=True)
class ExportFormat:
    """A format.

    Attributes:
        name: What it is asked for by.
        title: For people.
        suffix: Of its files, with the dot.
        mime_type: For a browser.
        write: Writes ranges to a seekable file and returns those that could not be.
    """

    name: str
    title: str
    suffix: str
    mime_type: str
    write: Write


def _all_of(form: Callable[[Sequence[ExportedRange]], bytes]) -> Write:
    def write(
        ranges: Sequence[ExportedRange], file: BinaryIO, _: ExportRun
    ) -> Sequence[FailedRange]:
        file.write(form(ranges))
        return ()

    return write


def _some_of(
    form: Callable[[Sequence[ExportedRange]], tuple[bytes, Sequence[FailedRange]]],
) -> Write:
    def write(
        ranges: Sequence[ExportedRange], file: BinaryIO, _: ExportRun
    ) -> Sequence[FailedRange]:
        content, failed = form(ranges)
        file.write(content)
        return failed

    return write


EXPORT_FORMATS: Mapping[str, ExportFormat] = {
    each.name: each
    for each in (
        ExportFormat(
            name="csv",
            title="Table (CSV)",
            suffix=".csv",
            mime_type="text/csv",
            write=_all_of(format_csv),
        ),
        ExportFormat(
            name="json",
            title="Data (JSON)",
            suffix=".json",
            mime_type="application/json",
            write=_all_of(format_json),
        ),
        ExportFormat(
            name="m3u8",
            title="Playlist (M3U8)",
            suffix=".m3u8",
            mime_type="application/vnd.apple.mpegurl",
            write=_all_of(format_playlist),
        ),
        ExportFormat(
            name="edl",
            title="Edit list (CMX 3600 EDL)",
            suffix=".edl",
            mime_type="text/plain",
            write=_some_of(format_edl),
        ),
        ExportFormat(
            name="otio",
            title="Timeline (OpenTimelineIO)",
            suffix=".otio",
            mime_type="application/vnd.pixar.opentimelineio+json",
            write=_some_of(format_otio),
        ),
        ExportFormat(
            name="png",
            title="Contact sheet (PNG)",
            suffix=".png",
            mime_type="image/png",
            write=_some_of(format_contact_sheet),
        ),
        ExportFormat(
            name="zip",
            title="Cut videos (MP4 in ZIP)",
            suffix=".zip",
            mime_type="application/zip",
            write=write_cut_videos,
        ),
    )
}


def find_format(name: str) -> ExportFormat:
    """Return the format of a name.

    Raises:
        ConfigError: There is none.
    """
    if name not in EXPORT_FORMATS:
        raise ConfigError("format", name, f"one of {', '.join(EXPORT_FORMATS)}")
    return EXPORT_FORMATS[name]


def format_of_path(path: Path) -> ExportFormat:
    """Return the format that a file's suffix asks for, in either case.

    Raises:
        ConfigError: It asks for none.
    """
    for each in EXPORT_FORMATS.values():
        if path.suffix.lower() == each.suffix:
            return each
    suffixes = ", ".join(each.suffix for each in EXPORT_FORMATS.values())
    raise ConfigError("export", str(path), f"a file name that ends in one of {suffixes}")
