"""The mutants that live are argued for, and what is argued for is in the code as it is now."""

import re
from pathlib import Path

import pytest

from export_adapter_workstation.checks.mutants import DOCUMENT
from export_adapter_workstation.checks.survivors import Change, argued, change_of, function_of
from export_adapter_workstation.project import ROOT

PACKAGE = ROOT / "layers" / "export_adapter" / "export_adapter"
SHOWN = """\
# export_adapter.settle.visibility.x_visibility_timeout__mutmut_20: survived
--- src/export_adapter/settle/visibility.py
+++ src/export_adapter/settle/visibility.py
@@ -10,7 +10,7 @@
     of jitter on top, so that what waits together does not come back together.
-    bound = 10
+    bound = 11
     growing = bound
"""
DOCUMENTED = """\
# Mutants

### `settle.visibility.visibility_timeout`

```diff
-bound = 10
+bound = 11
```

It makes no difference.

```diff
-growing = bound
```

Nor does this.

### `deliver.job.JobDelivery.steps`

```diff
-yield
+pass
```
"""


def argued_for() -> list[Change]:
    return sorted(argued(DOCUMENT.read_text(encoding="utf-8")), key=str)


def source_of(change: Change) -> str:
    room, module, *_ = change.function.split(".")
    return Path(PACKAGE / room / f"{module}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("mutant", "function"),
    [
        ("export_adapter.settle.decision.x_decide__mutmut_4", "settle.decision.decide"),
        ("export_adapter.settle.decision.x__merged__mutmut_12", "settle.decision._merged"),
        ("export_adapter.deliver.job.xǁJobDeliveryǁ_deliver__mutmut_1", "deliver.job.JobDelivery._deliver"),
    ],
)
def test_a_mutants_function_is_read_from_its_name(mutant: str, function: str) -> None:
    assert function_of(mutant) == function


def test_what_mutmut_shows_and_what_the_document_says_are_one_change() -> None:
    shown = change_of("export_adapter.settle.visibility.x_visibility_timeout__mutmut_20", SHOWN)

    assert shown == Change("settle.visibility.visibility_timeout", ("bound = 10",), ("bound = 11",))
    assert argued(DOCUMENTED) == {
        shown,
        Change("settle.visibility.visibility_timeout", ("growing = bound",), ()),
        Change("deliver.job.JobDelivery.steps", ("yield",), ("pass",)),
    }


def test_the_same_change_in_another_function_is_another_one() -> None:
    assert change_of("export_adapter.settle.visibility.x_other__mutmut_20", SHOWN) not in argued(DOCUMENTED)


@pytest.mark.parametrize("change", argued_for(), ids=str)
def test_what_the_document_argues_about_stands_in_the_code(change: Change) -> None:
    lines = {line.strip() for line in source_of(change).splitlines()}
    name = change.function.rpartition(".")[2]

    assert set(change.removed) <= lines
    assert re.search(rf"def {re.escape(name)}[\[(]", source_of(change))
