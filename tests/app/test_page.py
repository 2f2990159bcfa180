"""The search page, driven without a browser."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from app.ui import PAGE
from retrieval.location import STORE_VARIABLE

SECONDS = 60


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    st.cache_resource.clear()


def choices(page: AppTest) -> Selectbox[Path]:
    return next(box for box in page.selectbox if box.label == "An indexed video")


@pytest.fixture
def page(indexed_store: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv(STORE_VARIABLE, str(indexed_store))
    return AppTest.from_file(str(PAGE), default_timeout=SECONDS)


def test_the_page_offers_the_indexed_videos(page: AppTest, video_files: list[Path]) -> None:
    page.run()
    assert not page.exception
    assert choices(page).options == list(map(str, video_files[:6]))


def test_a_search_shows_other_videos(page: AppTest, video_files: list[Path]) -> None:
    page.run()
    choices(page).select(video_files[0])
    page.button[0].click().run()
    assert not page.exception
    captions = [caption.value for caption in page.caption if "similarity" in caption.value]
    assert len(captions) == 5
    assert not any(str(video_files[0]) in caption for caption in captions)


def test_a_search_for_nothing_asks_for_a_video(page: AppTest) -> None:
    page.run()
    page.button[0].click().run()
    assert [warning.value for warning in page.warning] == ["Choose a video, or upload one."]


def test_a_store_that_is_not_there_is_a_sentence_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "nothing"))
    page = AppTest.from_file(str(PAGE), default_timeout=SECONDS).run()
    assert not page.exception
    assert "no store here" in page.error[0].value
