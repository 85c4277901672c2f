"""The option `--own-rules`, and the classifier that it makes."""

import functools
from collections.abc import Callable
from pathlib import Path

import click

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.rulebook.library import RuleDocument


def with_classifier(command: Callable[..., None]) -> Callable[..., None]:
    """Add the option, and pass a `classifier`. What is wrong with the rules is printed."""

    @click.option(
        "--own-rules",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="A folder with rules of your own (*.toml), asked before the built-in ones.",
    )
    @functools.wraps(command)
    def with_option(*args: object, own_rules: Path | None, **options: object) -> None:
        paths = sorted(own_rules.glob("*.toml")) if own_rules else []
        if own_rules and not paths:
            raise click.ClickException(f"There are no rules in {own_rules}: it has no *.toml file.")
        documents = [RuleDocument(path.name, path.read_text(encoding="utf-8")) for path in paths]
        classifier = Classifier.built_in(documents)
        for problem in classifier.refused:
            click.echo(f"Refused: {problem}", err=True)
        command(*args, classifier=classifier, **options)

    return with_option
