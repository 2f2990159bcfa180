"""Tables for spreadsheets."""

import csv
import io

import pytest

from retrieval.export.csv_table import COLUMNS, format_csv
from retrieval.export.ranges import ExportedRange


def range_of(path: str, **others) -> ExportedRange:
    return ExportedRange(path=path, start_seconds=1.5, end_seconds=2.25, **others)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_table_has_the_columns_of_a_query_in_utf8_that_excel_knows_and_rfc_lines() -> None:
    content = format_csv([range_of("/v/é.mp4", rank=1, similarity=0.5, clip_id=7, video_id=8)])
    assert content.startswith(b"\xef\xbb\xbfrank,similarity,clip_id,video_id,path,start_seconds,")
    assert content.count(b"\r\n") == content.count(b"\n") == 2
    (row,) = rows_of(content)
    assert tuple(row) == COLUMNS
    assert row["path"] == "/v/é.mp4"
    assert (row["rank"], row["similarity"], row["clip_id"]) == ("1", "0.5", "7")
    assert (row["start_seconds"], row["end_seconds"], row["label"]) == ("1.5", "2.25", "")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(begin: str) -> None:
    evil = f'{begin}HYPERLINK("http://x","y")'
    (row,) = rows_of(format_csv([range_of(evil, label=evil, collection=evil)]))
    assert (row["path"], row["label"], row["collection"]) == (f"'{evil}",) * 3


def test_negative_numbers_stay_numbers() -> None:
    (row,) = rows_of(format_csv([range_of("a.mp4", similarity=-0.25)]))
    assert float(row["similarity"]) == -0.25


def test_quotes_commas_and_line_breaks_in_names_stay_in_their_cell() -> None:
    path = '/v/a",b\r\n2,0.9,"c.mp4'
    rows = rows_of(format_csv([range_of(path), range_of("b.mp4")]))
    assert [row["path"] for row in rows] == [path, "b.mp4"]


def test_bytes_that_are_no_utf8_are_written_as_escapes() -> None:
    (row,) = rows_of(format_csv([range_of("/v/\udcff.mp4")]))
    assert row["path"] == r"/v/\udcff.mp4"


def test_files_made_of_the_ranges_stand_in_a_first_column() -> None:
    (row,) = rows_of(format_csv([range_of("a.mp4")], ["001_a.mp4"]))
    assert next(iter(row.items())) == ("file", "001_a.mp4")
