"""Whether this version can do its work where it is deployed; asked before traffic is moved to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from export_adapter.classify.classifier import Classifier, RefusedRules
from export_adapter.classify.rulebook.library import Library
from export_adapter.deliver.answers import CredentialsRefused, NeverAccepted, NotNow
from export_adapter.deliver.credentials import Credentials, CredentialStore, NoCredentials
from export_adapter.deliver.pleo import Page, Pleo
from export_adapter.model import Failure, JobKey, Json

_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `said` is for people."""

    name: str
    passed: bool
    said: str


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Tries the secret, the rule files and Pleo, and changes nothing anywhere.

    Where companies have secrets of their own, the default one may be missing; not being able to read it is
    another matter. Pleo is then asked without credentials, and its refusal shows that it is there.
    """

    store: CredentialStore
    pleo: Pleo
    new_id: Callable[[], UUID]
    refresh_rules: Callable[[], RefusedRules]
    needs_default: bool = True

    def run(self) -> tuple[Check, ...]:
        """Return what was tried, in order. Takes ten seconds at most for Pleo."""
        credentials = self.store.fetch(None, fresh=True)
        return (
            self._credentials(credentials),
            self._rules(),
            self._own_rules(),
            self._pleo(credentials),
        )

    def _credentials(self, credentials: Credentials | NoCredentials) -> Check:
        if isinstance(credentials, NoCredentials):
            may_be_missing = credentials.cause == "no_credentials" and not self.needs_default
            return Check("credentials", may_be_missing, credentials.reason)
        return Check("credentials", passed=True, said="the secret is readable and has the right form")

    def _rules(self) -> Check:
        classifier, systems = Classifier.built_in(), Library().systems
        for system in systems:
            classifier.classify(system, Failure(message="self-test"))
        wrong = "; ".join(str(problem) for problem in classifier.refused)
        return Check("rules", not wrong, wrong or f"the rule files of {len(systems)} systems are valid")

    def _own_rules(self) -> Check:
        wrong = "; ".join(self.refresh_rules().problems)
        return Check("own rules", not wrong, wrong or "none, or valid")

    def _pleo(self, credentials: Credentials | NoCredentials) -> Check:
        """Ask for a job that cannot exist: Pleo's own 404 shows that it is there and lets us in."""
        shown = credentials if isinstance(credentials, Credentials) else None
        job = JobKey(str(self.new_id()))
        answer, _ = self.pleo.get_items(job, frozenset(), None, shown, _SECONDS)
        if shown and isinstance(answer, Page | NeverAccepted):
            return Check("pleo", passed=True, said="answers, and takes the credentials")
        # 401 is documented for wrong credentials; for none at all a gateway may say 403.
        is_refused = isinstance(answer, CredentialsRefused | NotNow) and answer.status in {401, 403}
        if not shown and is_refused:
            return Check("pleo", passed=True, said="answers; there were no credentials to show")
        said = answer.reason if not isinstance(answer, Page) else "takes requests without credentials"
        return Check("pleo", passed=False, said=said)


def as_json(checks: tuple[Check, ...]) -> dict[str, Json]:
    """Return the result as the handler answers it."""
    return {
        "passed": all(check.passed for check in checks),
        "checks": [{"name": check.name, "passed": check.passed, "said": check.said} for check in checks],
    }
