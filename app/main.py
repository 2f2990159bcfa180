"""The search page: choose a video or upload one, see the clips that move like it."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from motionfit.errors import MotionFitError
from retrieval.library import Library
from retrieval.previews import Stretch, make_filmstrips
from retrieval.querying.hits import GROUPINGS, Hit
from retrieval.querying.result import QueryResult

NUM_HITS = (12, 24, 48)
COLUMNS = 3
EVERYWHERE = "all collections"


@st.cache_resource
def open_library() -> Library:
    """Return the library that all visits of the page share."""
    return Library.open()


@contextmanager
def errors_on_the_page() -> Iterator[None]:
    """Show our own errors as a sentence instead of a traceback."""
    try:
        yield
    except MotionFitError as error:
        st.error(str(error))


def choose_collection(library: Library) -> str | None:
    """Let the user choose where to search; None is everywhere."""
    summaries = library.collections()
    if not summaries:
        st.info("Nothing is indexed yet. In a terminal: `motionfit index FOLDER`")
        st.stop()
    with st.sidebar:
        chosen = st.selectbox("Collection", [EVERYWHERE, *(each.name for each in summaries)])
        for each in summaries:
            failed = f", {each.num_failed} failed" if each.num_failed else ""
            st.caption(f"**{each.name}**: {each.num_videos} videos{failed}")
        st.caption(f"Store: `{library.directory}`")
    return None if chosen == EVERYWHERE else chosen


def indexed_paths(library: Library, collection: str | None) -> list[Path]:
    """Return the videos that can be queried by choosing them from a list."""
    names = [collection] if collection else [each.name for each in library.collections()]
    return [
        file.file.path for name in names for file in library.files(name) if file.status == "indexed"
    ]


@contextmanager
def as_file(upload: UploadedFile) -> Iterator[Path]:
    """Lend an upload as a file; the browser's name for it never becomes a path here."""
    with tempfile.TemporaryDirectory(prefix="motionfit-") as folder:
        path = Path(folder) / "query"
        with path.open("wb") as file:
            while chunk := upload.read(1 << 20):
                file.write(chunk)
        yield path


def ask(library: Library, collection: str | None) -> QueryResult | None:
    """Show the form and return the answer once it was sent."""
    with st.form("query"):
        left, right = st.columns(2)
        chosen = left.selectbox(
            "An indexed video", indexed_paths(library, collection), index=None, format_func=str
        )
        upload = right.file_uploader("or a video of yours", max_upload_size=1024)
        columns = st.columns(4)
        start = columns[0].number_input("from second", min_value=0.0, value=None)
        end = columns[1].number_input("to second", min_value=0.0, value=None)
        group = columns[2].selectbox("One hit for each", GROUPINGS, index=1)
        k = columns[3].selectbox("Hits", NUM_HITS)
        if not st.form_submit_button("Search by motion", type="primary"):
            return None
    if upload is None and chosen is None:
        st.warning("Choose a video, or upload one.")
        return None
    query_file = nullcontext(chosen) if upload is None else as_file(upload)
    with st.spinner("Looking at what moves ..."), query_file as path:
        return library.query(
            str(path),
            start_seconds=start,
            end_seconds=end,
            collection=collection,
            k=k,
            group=group,
            exclude_self=True,
        )


def show_hits(hits: Sequence[Hit]) -> None:
    """Show a filmstrip and the facts of each hit, in a grid."""
    if not hits:
        st.info("There is nothing else in this collection.")
        return
    stretches = [_stretch(hit) for hit in hits]
    with st.spinner("Cutting filmstrips ..."):
        strips = make_filmstrips(stretches)
    columns = st.columns(COLUMNS)
    for place, (hit, stretch) in enumerate(zip(hits, stretches, strict=True)):
        with columns[place % COLUMNS].container(border=True):
            strip = strips[stretch]
            if isinstance(strip, MotionFitError):
                st.warning(str(strip))
            else:
                st.image(strip, width="stretch")
            st.markdown(f"**{hit.rank}. {hit.label or Path(hit.path).stem}**")
            st.caption(
                f"similarity {hit.similarity:.3f}, "
                f"{hit.start_seconds:.2f}-{hit.end_seconds:.2f} s, {hit.path}"
            )


def _stretch(hit: Hit) -> Stretch:
    return Stretch(
        path=Path(hit.path), start_seconds=hit.start_seconds, end_seconds=hit.end_seconds
    )


def show_page() -> None:
    """Draw the page."""
    st.set_page_config(page_title="Search by motion", layout="wide")
    st.title("Search by what moves")
    with errors_on_the_page():
        library = open_library()
        result = ask(library, choose_collection(library))
        if result is not None:
            st.caption(f"Encoder {result.encoder_description}")
            show_hits(result.hits)


show_page()
