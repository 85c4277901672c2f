"""Every check that is skipped says why."""

import pytest

from tests.template.template_file import template

SKIPPED = [
    pytest.param(name, skipped, id=f"{name} {skipped['id']}")
    for name, resource in template()["Resources"].items()
    for skipped in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
]


@pytest.mark.parametrize(("name", "skipped"), SKIPPED)
def test_a_skipped_check_has_a_written_reason(name: str, skipped: dict[str, str]) -> None:
    assert len(skipped["comment"]) > 30, name
    assert skipped["comment"].endswith(".")
