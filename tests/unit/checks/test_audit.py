"""What the look-up of vulnerabilities makes of pip-audit's reports, and of none."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from export_adapter_workstation.checks import audit
from export_adapter_workstation.checks.audit import (
    DEPLOYED,
    EXCEPTIONS,
    TOOLS,
    Audit,
    NoReportError,
    Waiver,
    audit_of,
    verdict,
    waivers,
)

TODAY = date(2026, 11, 23)
TOOL = TOOLS[0]

CLEAN: dict[str, Any] = {"name": "urllib3", "version": "2.8.0", "vulns": []}
HIT: dict[str, Any] = {
    "name": "boto3",
    "version": "1.44.5",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.44.6"], "aliases": ["CVE-2026-1", "GHSA-1"]}],
}
SKIPPED: dict[str, Any] = {"name": "six", "skip_reason": "Dependency not found"}


def audited(*packages: dict[str, Any]) -> Audit:
    return audit_of({"dependencies": list(packages), "fixes": []})


def told(
    file: Path, result: Audit | NoReportError, *excused: Waiver, must_be_complete: bool = False
) -> tuple[str, int]:
    lines, status = verdict({file: result}, excused, TODAY, must_be_complete=must_be_complete)
    return "\n".join(lines), status


def test_packages_without_vulnerabilities_pass() -> None:
    text, status = told(DEPLOYED, audited(CLEAN))

    assert status == 0
    assert text == "layers/dependencies/requirements.txt: 1 packages looked up, 0 vulnerabilities"


def test_a_vulnerability_in_what_is_deployed_fails_and_says_what_mends_it() -> None:
    text, status = told(DEPLOYED, audited(CLEAN, HIT))

    assert status == 1
    assert "boto3 1.44.5: PYSEC-2026-1 (mended in 1.44.6)" in text
    assert "make pins UPGRADE=1" in text


def test_one_that_is_not_mended_yet_is_told_as_such() -> None:
    unmended = {**HIT, "vulns": [{**HIT["vulns"][0], "fix_versions": []}]}

    assert "PYSEC-2026-1 (not mended yet)" in told(DEPLOYED, audited(unmended))[0]


def test_a_vulnerability_in_a_tool_of_this_machine_is_shown_but_fails_nothing() -> None:
    text, status = told(TOOL, audited(HIT))

    assert status == 0
    assert "PYSEC-2026-1" in text


@pytest.mark.parametrize("name", ["PYSEC-2026-1", "CVE-2026-1", "GHSA-1"])
def test_an_exception_lets_it_pass_under_any_of_its_names(name: str) -> None:
    text, status = told(DEPLOYED, audited(HIT), Waiver(name, "not used", TODAY))

    assert status == 0
    assert "0 vulnerabilities" in text


def test_an_exception_ends_on_its_day() -> None:
    _, status = told(DEPLOYED, audited(HIT), Waiver("CVE-2026-1", "not used", date(2026, 11, 22)))

    assert status == 1


def test_an_exception_for_another_vulnerability_lets_nothing_pass() -> None:
    assert told(DEPLOYED, audited(HIT), Waiver("CVE-2026-2", "not used", TODAY))[1] == 1


@pytest.mark.parametrize(
    "result", [audited(CLEAN, SKIPPED), audited(SKIPPED), NoReportError("no answer within 120 s")]
)
def test_what_could_not_be_looked_up_is_said_and_fails_only_where_that_is_asked_for(
    result: Audit | NoReportError,
) -> None:
    text, status = told(DEPLOYED, result)

    assert status == 0
    assert "NOT looked up" in text
    assert "Run this again where the list of known vulnerabilities can be reached." in text
    assert told(DEPLOYED, result, must_be_complete=True)[1] == 1


def test_pip_audits_silence_is_no_clean_bill(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    silent = tmp_path / "pip-audit"
    silent.write_text("#!/bin/sh\necho 'ConnectionError: no route to host' >&2\nexit 1\n")
    silent.chmod(0o700)
    monkeypatch.setattr(audit, "_PIP_AUDIT", silent)
    monkeypatch.setenv("AUDIT", "required")

    assert audit.main() == 1


def test_the_deployed_packages_and_every_tool_are_looked_up() -> None:
    names = {file.name for file in TOOLS}

    assert DEPLOYED.exists()
    assert names >= {"development.txt", "sam.txt", "embedded-aws.txt", "checks.txt"}


def test_every_exception_in_use_has_a_reason_and_a_day() -> None:
    for one in waivers(EXCEPTIONS.read_text(encoding="utf-8")):
        assert one.id
        assert len(one.reason) > 20
        assert isinstance(one.until, date)


def test_the_example_in_the_file_of_exceptions_is_one() -> None:
    commented = [line.removeprefix("# ") for line in EXCEPTIONS.read_text(encoding="utf-8").splitlines()]
    example = commented[commented.index("[[exception]]") : -2]

    (one,) = waivers("\n".join(line for line in example if "=" in line or line.startswith("[")))
    assert one.until == date(2027, 1, 31)
