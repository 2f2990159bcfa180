"""Settings: defaults, then a TOML file, then the command line; and what made a result."""

import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from motionfit.errors import ConfigError

Settings = TypeVar("Settings")


def load_settings(
    settings_class: type[Settings],
    section: str,
    *,
    config_path: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Return a settings object: defaults, overlaid by a TOML table, overlaid by ``overrides``.

    Args:
        settings_class: A dataclass whose fields all have defaults and which validates itself.
        section: The table of the file to read, such as ``index``.
        config_path: A TOML file, or None.
        overrides: Values from the command line; None values are "not given".

    Raises:
        ConfigError: The file is unreadable, or names a setting that does not exist.
    """
    values = {} if config_path is None else _read_table(config_path, section)
    known = [field.name for field in fields(settings_class)]  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise ConfigError(f"[{section}] in {config_path}", name, f"one of {', '.join(known)}")
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    return settings_class(**{**values, **given})


def _read_table(config_path: Path, section: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(config_path.read_text(encoding="utf-8")).get(section, {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("config", str(config_path), f"a readable TOML file ({error})") from error
    if not isinstance(table, dict):
        raise ConfigError(f"[{section}] in {config_path}", table, "a table of settings")
    return table


@cache
def provenance() -> Mapping[str, str]:
    """Return which code is running: ``version``, and ``revision`` when it runs from a checkout."""
    made_by = {"version": version("motionfit")}
    revision = _git_revision()
    return made_by if revision is None else {**made_by, "revision": revision}


def _git_revision() -> str | None:
    checkout = Path(__file__).resolve().parents[1]
    if not (checkout / ".git").exists():
        return None
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None
