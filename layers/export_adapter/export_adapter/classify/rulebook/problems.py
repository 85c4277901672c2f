"""What can be wrong with a rule file, told to the person who wrote it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing wrong in a rule file: where it stands and what to do about it."""

    document: str
    rule: str | None
    field: str | None
    problem: str

    def __str__(self) -> str:
        place = [self.document]
        if self.rule:
            place.append(f"rule {self.rule}")
        if self.field:
            place.append(f"field {self.field}")
        return f"{', '.join(place)}: {self.problem}"


class InvalidRuleDocument(Exception):  # noqa: N818 (it is the document that is invalid; read as a sentence)
    """A rule file that cannot be used. `problems` are all that was found, in the order of the file."""

    def __init__(self, problems: tuple[RuleProblem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
