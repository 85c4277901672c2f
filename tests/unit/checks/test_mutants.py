"""How mutants are counted; that they are made and killed is seen when `make mutants` runs."""

import tomllib

from export_adapter_workstation.checks.mutants import Score, configuration, mutants_in, scores

RESULTS = """
    export_adapter.batch.x_batches__mutmut_1: killed
    export_adapter.batch.x__item__mutmut_2: survived
    export_adapter.deliver.job.xǁJobDeliveryǁsteps__mutmut_3: timeout
    export_adapter.settle.decision.x_decide__mutmut_4: no tests
    export_adapter.settle.decision.x_decide__mutmut_5: not checked
    export_adapter.precedence.x_choose__mutmut_6: killed
"""


def test_results_are_read_by_name_and_status() -> None:
    found = mutants_in(RESULTS)

    assert found["export_adapter.batch.x_batches__mutmut_1"] == "killed"
    assert list(found.values()) == ["killed", "survived", "timeout", "no tests", "not checked", "killed"]


def test_what_was_killed_or_never_ended_counts_as_dead_and_everything_else_as_living() -> None:
    assert scores(mutants_in(RESULTS)) == {
        "precedence": Score(mutants=1, killed=1),
        "batch": Score(mutants=2, killed=1),
        "deliver": Score(mutants=1, killed=1),
        "settle": Score(mutants=2, killed=0),
    }


def test_a_share_is_what_was_killed_of_all() -> None:
    assert Score(200, 181).share == 0.905
    assert Score(0, 0).share == 1.0


def test_the_copy_runs_the_projects_tests_as_strictly_as_the_project_does() -> None:
    written = tomllib.loads(configuration())["tool"]

    assert written["pytest"]["ini_options"]["filterwarnings"] == ["error"]
    assert "--strict-markers" in written["pytest"]["ini_options"]["addopts"]
    assert written["mutmut"]["only_mutate"] == [
        "src/export_adapter/precedence*",
        "src/export_adapter/batch*",
        "src/export_adapter/deliver*",
        "src/export_adapter/settle*",
    ]
