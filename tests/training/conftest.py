"""What the tests of training may ask for."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TOY_PROGRAM = Path(__file__).with_name("toy_training.py")


@pytest.fixture(scope="session")
def toys() -> ModuleType:
    """A tiny task on tiny clips; its file is also a program that trains it."""
    spec = importlib.util.spec_from_file_location("toy_training", TOY_PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
