"""Where the project's files are. The command line is installed in place, so they stand around it."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
"""The folder of template.yaml, samconfig.toml and events/."""
