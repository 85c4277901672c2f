"""A customer's own rules come ahead of the built-in ones, and a bad document never stops those."""

from collections.abc import Sequence

from export_adapter.classify.classifier import CurrentClassifier, DocumentsUnavailable, RefusedRules
from export_adapter.classify.rulebook.library import RuleDocument
from export_adapter.model import Failure, FailureReasonType

FAILURE = Failure(http_status=400, message="The moon is in the wrong house")

MOON = RuleDocument(
    "ours.toml",
    """
system = "xero"

[[rule]]
id = "moon"
message = "moon is in the wrong house"
type = "validation_failure"
retryable = false
sentence = "The moon is in the wrong house. Wait for the next one, then export again."
source = "Our own astrologer"
""",
)
BROKEN = RuleDocument("ours.toml", '[[rule]]\nid = "no-verdict"\nmessage = "moon"\n')


class Documents:
    """The customer's documents, as they are now."""

    def __init__(self, *documents: RuleDocument) -> None:
        self.now: Sequence[RuleDocument] | DocumentsUnavailable = documents

    def __call__(self) -> Sequence[RuleDocument] | DocumentsUnavailable:
        return self.now


def rule_for(classifier: CurrentClassifier) -> str:
    return classifier.classify("xero", FAILURE).rule


def test_own_rules_are_asked_before_the_built_in_ones() -> None:
    classifier = CurrentClassifier(Documents(MOON))

    assert classifier.refresh() == RefusedRules()

    classification = classifier.classify("xero", FAILURE)
    assert classification.rule == "own/ours/moon"
    assert classification.failure_reason_type is FailureReasonType.VALIDATION_FAILURE


def test_own_rules_for_one_system_leave_the_others_alone() -> None:
    classifier = CurrentClassifier(Documents(MOON))
    classifier.refresh()

    assert classifier.classify("netsuite", FAILURE).rule != "own/ours/moon"


def test_a_changed_document_counts_from_the_next_refresh() -> None:
    documents = Documents()
    classifier = CurrentClassifier(documents)
    classifier.refresh()
    assert rule_for(classifier) != "own/ours/moon"

    documents.now = (MOON,)
    classifier.refresh()

    assert rule_for(classifier) == "own/ours/moon"


def test_a_bad_document_is_refused_by_name_and_the_built_in_rules_go_on() -> None:
    classifier = CurrentClassifier(Documents(BROKEN))

    refused = classifier.refresh()

    assert refused.problems
    assert all(problem.startswith("ours.toml, rule no-verdict") for problem in refused.problems)
    assert classifier.classify("xero", Failure(http_status=429)).failure_reason_type is (
        FailureReasonType.ACCOUNTING_SYSTEM_RATE_LIMIT
    )


def test_a_bad_document_stays_refused_until_it_is_mended_and_is_news_only_once() -> None:
    documents = Documents(BROKEN)
    classifier = CurrentClassifier(documents)
    first = classifier.refresh()
    assert first.is_news

    assert classifier.refresh() == RefusedRules(first.problems, is_news=False)
    documents.now = DocumentsUnavailable("ssm:/rules: cannot be read")
    assert classifier.refresh() == RefusedRules(("ssm:/rules: cannot be read", *first.problems), is_news=True)
    documents.now = (MOON,)
    assert classifier.refresh().problems == ()


def test_documents_that_cannot_be_read_leave_those_in_force_that_were() -> None:
    documents = Documents(MOON)
    classifier = CurrentClassifier(documents)
    classifier.refresh()

    documents.now = DocumentsUnavailable("ssm:/rules: cannot be read")

    assert classifier.refresh() == RefusedRules(("ssm:/rules: cannot be read",), is_news=True)
    assert rule_for(classifier) == "own/ours/moon"
