"""Where a customer keeps rules of their own: a folder, an SSM parameter or an AppConfig profile."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from aws_lambda_powertools.utilities.parameters import AppConfigProvider, SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config

from export_adapter.classify.current import DocumentsUnavailable, ReadDocuments, no_documents
from export_adapter.classify.rulebook.library import RuleDocument

SSM: Final = "ssm:"
APPCONFIG: Final = "appconfig:"

_KEPT_SECONDS: Final = 300
_MOST_FILES: Final = 100


class InvalidRuleSourceError(Exception):
    """The setting names no place that rules can be read from."""


def rule_documents(setting: str, config: Config) -> ReadDocuments:
    """Return how to read the documents that the setting OWN_RULES names.

    Args:
        setting: Empty, an absolute folder with *.toml files, `ssm:NAME`, or
            `appconfig:APPLICATION/ENVIRONMENT/PROFILE`. What is read from AWS is kept for five minutes.
        config: Timeouts for AWS.

    Raises:
        InvalidRuleSourceError: It is none of these.
    """
    if not setting:
        return no_documents
    if setting.startswith("/"):
        return FolderDocuments(Path(setting))
    if setting.startswith(SSM) and len(setting) > len(SSM):
        return SsmDocument(setting.removeprefix(SSM), SSMProvider(boto_config=config))
    match setting.removeprefix(APPCONFIG).split("/") if setting.startswith(APPCONFIG) else []:
        case [str(application), str(environment), str(profile)] if application and environment and profile:
            return AppConfigDocument(
                profile, partial(AppConfigProvider, environment, application, boto_config=config)
            )
    raise InvalidRuleSourceError(
        "OWN_RULES must be an absolute folder, ssm:NAME or appconfig:APPLICATION/ENVIRONMENT/PROFILE"
    )


class FolderDocuments:
    """The *.toml files of a folder, such as one that a layer brings. Read once: it cannot change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: Sequence[RuleDocument] | DocumentsUnavailable | None = None

    def __call__(self) -> Sequence[RuleDocument] | DocumentsUnavailable:
        """Read the documents; see rule_documents."""
        if self._read is None:
            self._read = self._files()
        return self._read

    def _files(self) -> Sequence[RuleDocument] | DocumentsUnavailable:
        try:
            files = sorted(self._folder.glob("*.toml"))[:_MOST_FILES]
            documents = tuple(RuleDocument(file.name, file.read_text(encoding="utf-8")) for file in files)
        except (OSError, UnicodeDecodeError) as failed:
            return DocumentsUnavailable(f"{self._folder}: cannot be read ({type(failed).__name__})")
        return documents or DocumentsUnavailable(f"{self._folder}: holds no *.toml file")


class ParameterReader(Protocol):
    """What this needs of Powertools' providers."""

    def get(self, name: str, max_age: int) -> object:
        """Return a parameter's value.

        Raises:
            GetParameterError: It cannot be read.
        """
        ...


class SsmDocument:
    """One SSM parameter that holds a rule file."""

    def __init__(self, name: str, reader: ParameterReader) -> None:
        self._name = name
        self._reader = reader

    def __call__(self) -> Sequence[RuleDocument] | DocumentsUnavailable:
        """Read the document; see rule_documents."""
        try:
            return _document(self._name, self._reader.get(self._name, max_age=_KEPT_SECONDS))
        except GetParameterError as failed:
            return DocumentsUnavailable(f"{SSM}{self._name}: {_why(failed)}")


class AppConfigDocument:
    """One AppConfig profile that holds a rule file. `connect` begins a new session with AppConfig."""

    def __init__(self, profile: str, connect: Callable[[], ParameterReader]) -> None:
        self._profile = profile
        self._connect = connect
        self._reader = connect()

    def __call__(self) -> Sequence[RuleDocument] | DocumentsUnavailable:
        """Read the document; see rule_documents."""
        try:
            return _document(self._profile, self._reader.get(self._profile, max_age=_KEPT_SECONDS))
        except GetParameterError as failed:
            self._reader = self._connect()  # its session may have run out, and it would never begin another
            return DocumentsUnavailable(f"{APPCONFIG}{self._profile}: {_why(failed)}")


def _document(name: str, content: object) -> Sequence[RuleDocument] | DocumentsUnavailable:
    document = f"{name.strip('/').replace('/', '-')}.toml"
    if isinstance(content, bytes):
        try:
            content = content.decode()
        except UnicodeDecodeError:
            content = None
    if not isinstance(content, str):
        return DocumentsUnavailable(f"{document}: is not text")
    return (RuleDocument(document, content),)


def _why(failed: GetParameterError) -> str:
    """Name the AWS error by its kind: Powertools keeps of it only a text."""
    cause = failed.__context__
    return f"cannot be read ({type(cause).__name__ if cause else 'no answer'})"
