"""What the tests of video may ask for."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def burnt_in() -> ModuleType:
    """The helpers that write and read videos which show their frame numbers."""
    spec = importlib.util.spec_from_file_location(
        "burnt_in", Path(__file__).with_name("burnt_in.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
