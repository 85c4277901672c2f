"""Looks the pinned packages up among known vulnerabilities, with pip-audit.

    python -m export_adapter_workstation.checks.audit

pip-audit ends with 0 also where it could look nothing up, and with 1 for a vulnerability as for a service
that does not answer. So its report decides here. A vulnerability in what is deployed fails the check, unless
requirements/audit-exceptions.toml argues for it; one in a tool of this machine is shown. What could not be
looked up is said aloud, and fails the check where AUDIT=required is set.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import click

from export_adapter_workstation.project import ROOT

EXCEPTIONS: Final = ROOT / "requirements" / "audit-exceptions.toml"
DEPLOYED: Final = ROOT / "layers" / "dependencies" / "requirements.txt"
TOOLS: Final = tuple(sorted((ROOT / "requirements").glob("*.txt")))
_PIP_AUDIT: Final = ROOT / ".tools" / "checks" / "bin" / "pip-audit"
_SECONDS: Final = 120


class NoReportError(Exception):
    """pip-audit made no report: the service did not answer, or pip-audit itself is broken."""


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A known vulnerability of one package in the version that is pinned."""

    package: str
    version: str
    id: str
    aliases: frozenset[str]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one line."""
        mended = f"mended in {', '.join(self.fixed_in)}" if self.fixed_in else "not mended yet"
        return f"{self.package} {self.version}: {self.id} ({mended})"


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception: a vulnerability that does not matter here, why, and until when that holds."""

    id: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known of the packages of one file."""

    looked_up: int
    unknown: tuple[str, ...]
    vulnerabilities: tuple[Vulnerability, ...]


def audit_of(report: Mapping[str, Any]) -> Audit:
    """Read pip-audit's report in JSON."""
    packages = report["dependencies"]
    unknown = tuple(str(package["name"]) for package in packages if "skip_reason" in package)
    found = tuple(
        Vulnerability(
            package=str(package["name"]),
            version=str(package["version"]),
            id=str(one["id"]),
            aliases=frozenset(map(str, one.get("aliases", ()))),
            fixed_in=tuple(map(str, one.get("fix_versions", ()))),
        )
        for package in packages
        for one in package.get("vulns", ())
    )
    return Audit(len(packages) - len(unknown), unknown, found)


def waivers(text: str) -> tuple[Waiver, ...]:
    """Read the exceptions; each has an id, a reason and a last day."""
    return tuple(
        Waiver(str(one["id"]), str(one["reason"]), one["until"])
        for one in tomllib.loads(text).get("exception", ())
    )


def unexcused(audit: Audit, excused: Iterable[Waiver], today: date) -> tuple[Vulnerability, ...]:
    """Return the vulnerabilities that no exception argues for, or none any more."""
    valid = {waiver.id for waiver in excused if waiver.until >= today}
    return tuple(one for one in audit.vulnerabilities if not valid & {one.id, *one.aliases})


def verdict(
    results: Mapping[Path, Audit | NoReportError],
    excused: Sequence[Waiver],
    today: date,
    *,
    must_be_complete: bool,
) -> tuple[list[str], int]:
    """Return what to tell, and the exit status, for what is known of each file."""
    lines: list[str] = []
    is_complete = is_safe = True
    for file, audit in results.items():
        name = file.relative_to(ROOT)
        if isinstance(audit, NoReportError):
            lines.append(f"{name}: NOT looked up: {audit}")
            is_complete = False
            continue
        found = unexcused(audit, excused, today)
        lines.append(f"{name}: {audit.looked_up} packages looked up, {len(found)} vulnerabilities")
        lines.extend(f"  {one}" for one in found)
        if audit.unknown:
            lines.append(f"  NOT looked up: {len(audit.unknown)} packages, which the service does not know")
        is_complete = is_complete and not audit.unknown
        is_safe = is_safe and not (found and file == DEPLOYED)
    if not is_complete:
        lines.append(
            "Not everything could be looked up. "
            "Run this again where the list of known vulnerabilities can be reached."
        )
    if not is_safe:
        lines.append(f"Upgrade it (make pins UPGRADE=1), or argue in {EXCEPTIONS.relative_to(ROOT)}.")
    return lines, 0 if is_safe and (is_complete or not must_be_complete) else 1


def main() -> int:
    """Look everything up; return the exit status."""
    lines, status = verdict(
        {file: _audited(file) for file in (DEPLOYED, *TOOLS)},
        waivers(EXCEPTIONS.read_text(encoding="utf-8")),
        datetime.now(UTC).date(),
        must_be_complete=os.environ.get("AUDIT") == "required",
    )
    click.echo("\n".join(lines))
    return status


def _audited(file: Path) -> Audit | NoReportError:
    try:
        return audit_of(_report(file))
    except NoReportError as broken:
        return broken


def _report(file: Path) -> Mapping[str, Any]:
    """Run pip-audit on a file of pins.

    Raises:
        NoReportError: It made no report.
    """
    if not _PIP_AUDIT.exists():
        raise NoReportError("pip-audit is not installed; run it as make check")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            str(_PIP_AUDIT),
            *("--requirement", str(file), "--require-hashes", "--disable-pip"),
            *("--format", "json", "--output", str(report), "--progress-spinner", "off", "--timeout", "10"),
        ]
        try:
            ended = subprocess.run(  # noqa: S603 -- the project's own tool
                command, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as slow:
            raise NoReportError(f"no answer within {_SECONDS} s") from slow
        if not report.exists():
            said = ended.stderr.strip().splitlines()
            raise NoReportError(said[-1][:300] if said else "pip-audit says nothing")
        content: Mapping[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return content


if __name__ == "__main__":
    sys.exit(main())
