"""Where a customer keeps rules of their own: SSM parameters under a path, a document in each."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config

from export_adapter.classify.classifier import DocumentsUnavailable, ReadDocuments, no_documents
from export_adapter.classify.rulebook.library import MOST_DOCUMENTS, RuleDocument

_SSM: Final = "ssm:"
_SECONDS_CACHED: Final = 300


class InvalidRuleSourceError(Exception):
    """The setting names no place that rules can be read from."""


def rule_documents(setting: str, config: Config) -> ReadDocuments:
    """Return how to read the documents that the setting OWN_RULES names.

    Args:
        setting: Empty, or the path of SSM parameters: `/path` or `ssm:/path`. What is read is cached for five
            minutes.
        config: Timeouts for AWS.

    Raises:
        InvalidRuleSourceError: It is neither.
    """
    if not setting:
        return no_documents
    path = setting.removeprefix(_SSM).rstrip("/")
    if not path.startswith("/"):
        raise InvalidRuleSourceError(
            "OWN_RULES must be the path of SSM parameters, such as /export-adapter/rules"
        )
    return SsmDocuments(path, SSMProvider(boto_config=config))


class ParameterReader(Protocol):
    """What this needs of Powertools' provider."""

    def get(self, name: str, max_age: int) -> object:
        """Return a parameter's value.

        Raises:
            GetParameterError: It cannot be read.
        """
        ...

    def get_multiple(
        self,
        path: str,
        max_age: int,
        *,
        PaginationConfig: Mapping[str, int],  # noqa: N803 (boto3's name)
    ) -> Mapping[str, object]:
        """Return the values of the parameters under a path, by what their names add to it.

        Raises:
            GetParameterError: They cannot be read.
        """
        ...


class SsmDocuments:
    """The SSM parameters under a path, or else the one parameter of that name: each holds a rule file."""

    def __init__(self, path: str, reader: ParameterReader) -> None:
        self._path = path
        self._reader = reader

    def __call__(self) -> Sequence[RuleDocument] | DocumentsUnavailable:
        """Read the documents, in the order of their names; at most one more than are used."""
        try:
            found = self._reader.get_multiple(
                self._path,
                max_age=_SECONDS_CACHED,
                # An option of boto3's paginator: a path may hold thousands of parameters.
                PaginationConfig={"MaxItems": MOST_DOCUMENTS + 1},
            )
            if not found:
                name = self._path.rpartition("/")[2]
                found = {name: self._reader.get(self._path, max_age=_SECONDS_CACHED)}
        except GetParameterError as failed:
            # Powertools keeps only the text of AWS's error; its kind is enough, and holds nothing private.
            cause = type(failed.__context__).__name__ if failed.__context__ else "no answer"
            return DocumentsUnavailable(f"{_SSM}{self._path}: cannot be read ({cause})")
        return tuple(
            RuleDocument(f"{name.removesuffix('.toml')}.toml", str(text))
            for name, text in sorted(found.items())
        )
