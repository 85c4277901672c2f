"""A rule file that is wrong is refused with words that its author can work with."""

import pytest

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.rulebook.library import Library, OwnRules, RuleDocument
from export_adapter.model import Failure, FailureReasonType, Stage

LIBRARY = Library()
GOOD = """
system = "xero"

[[rule]]
id = "ours"
message = "our own words about account (?P<account>[0-9]{1,9})"
situation = "account_missing"
source = "Our accountants, who met it in spring"
"""


def problems_of(text: str, name: str = "ours.toml") -> list[str]:
    return [str(problem) for problem in OwnRules.read([RuleDocument(name, text)], LIBRARY).problems]


def rule(lines: str, ident: str = 'id = "ours"') -> str:
    return f'[[rule]]\n{ident}\nsource = "Our accountants"\nsituation = "duplicate"\n{lines}\n'


def test_a_good_document_comes_before_the_built_in_rules() -> None:
    classifier = Classifier.built_in([RuleDocument("ours.toml", GOOD)])
    failure = Failure(
        http_status=400,
        body={"Elements": [{"ValidationErrors": [{"Message": "Our own words about account 42"}]}]},
    )
    found = classifier.classify("xero", failure)
    assert found.rule == "own/ours/ours"
    assert found.failure_reason_type is FailureReasonType.MISSING_CONFIGURATION
    assert classifier.classify("fortnox", failure).rule != "own/ours/ours"


def test_a_document_without_a_system_is_for_all() -> None:
    classifier = Classifier.built_in([RuleDocument("ours.toml", GOOD.replace('system = "xero"', ""))])
    for system in ("xero", "never heard of"):
        assert (
            classifier.classify(system, Failure(message="our own words about account 7")).rule
            == "own/ours/ours"
        )


def test_a_document_can_bring_a_system_of_its_own() -> None:
    text = """
        system = "our-erp"
        name = "Our ERP"
        [[cause]]
        find = "schade"
        code = "nummer"
        message = "tekst"
        [[rule]]
        id = "closed"
        code = 17
        situation = "period_closed"
        source = "The manual of our ERP"
    """
    classifier = Classifier.built_in([RuleDocument("ours.toml", text)])
    found = classifier.classify("Our ERP", Failure(body={"schade": [{"nummer": 17, "tekst": "Nee"}]}))
    assert found.rule == "own/ours/closed"
    assert 'Our ERP says: "Nee"' in found.failure_reason


def test_a_bad_document_is_left_out_whole_and_the_rest_goes_on() -> None:
    bad = GOOD + rule('message = "a.*b"', 'id = "bad"')
    classifier = Classifier.built_in([RuleDocument("bad.toml", bad), RuleDocument("good.toml", GOOD)])
    assert [problem.document for problem in classifier.refused] == ["bad.toml"]
    assert (
        classifier.classify("xero", Failure(message="our own words about account 7")).rule == "own/good/ours"
    )
    assert classifier.classify("xero", Failure(http_status=429)).rule == "general/status-429"


def test_each_rule_that_is_wrong_is_told_of_once_with_file_rule_and_field() -> None:
    text = (
        "rules = 1\n"
        + rule('message = "a.*bcd"\nstatus = "many"')
        + rule('code = "X"', 'id = "fine"')
        + rule('code = "X"\nwhen = "now"', 'id = "second"')
        + rule('code = "X"', 'id = "Not An Id"')
    )
    told = [problem.partition(": ")[0] for problem in problems_of(text)]
    assert told == [
        "ours.toml, field rules",
        "ours.toml, rule ours, field status",
        "ours.toml, rule second, field when",
        "ours.toml, rule Not An Id, field id",
    ]


def test_the_type_for_older_versions_follows_from_the_finest_unless_it_is_given() -> None:
    text = """
        [[rule]]
        id = "gone"
        message = "the vendor went away"
        type = "vendor_unknown"
        sentence = "The vendor is gone."
        source = "Our accountants"
        [[rule]]
        id = "moved"
        message = "the vendor moved away"
        type = "vendor_unknown"
        v1_type = "invalid_configuration"
        sentence = "The vendor has moved."
        source = "Our accountants"
    """
    classifier = Classifier.built_in([RuleDocument("ours.toml", text)])
    gone = classifier.classify("xero", Failure(message="The vendor went away"))
    moved = classifier.classify("xero", Failure(message="The vendor moved away"))
    assert gone.v3_failure_reason_type is moved.v3_failure_reason_type is FailureReasonType.VENDOR_UNKNOWN
    assert gone.failure_reason_type is FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE
    assert moved.failure_reason_type is FailureReasonType.INVALID_CONFIGURATION


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('message = "closed (period"', "is not a regular expression"),
        ('message = "closed.*period"', "repeats without bound"),
        ('message = "closed+ period"', "repeats without bound"),
        ('message = "closed.{2,}period"', "repeats without bound"),
        ('message = "closed.{0,900}period"', "repeats more than 200 times"),
        ('message = "(?:closed ){1,9}"', "repeats a group"),
        ('message = "[a-z]{1,9}"', "names no text of at least three characters"),
        ('message = "(?:closed)?"', "matches an empty text"),
        (f'message = "closed{"d" * 400}"', "is longer than 400 characters"),
        ('message = "{nothing_like_it} closed"', "vocabulary.toml does not have"),
        ('message = "{account}? closed"', "write two patterns"),
        ('message = "closed (?P<who>[a-z]{1,9})"', "captures 'who'"),
        ("message = 7", "must be a text or a list of texts"),
        ('code = ["X", "x"]', "names 'x' twice"),
        ("codes = 7", "must be a text"),
        ("status = 99", "must be an HTTP status such as 400"),
        ('status = "4x"', "must be an HTTP status such as 400"),
        ('stage = "later"', "must be one of configure"),
        ('header = { "Retry-After" = "now" }', "in lower case"),
        ('code = "X"\ntier = "family"', "is not for rules of your own"),
        ('code = "X"\nretryable = "yes"', "must be true or false"),
        ('code = "X"\ntype = "trouble"', "must be one of receipt_upload_failure"),
        ('code = "X"\nv1_type = "vendor_unknown"', "must be one of receipt_upload_failure"),
        ('code = "X"\nsentence = "no capital."', "must begin with a capital letter"),
        ('code = "X"\nsentence = "No full stop"', "must end with a full stop"),
        ('code = "X"\nsentence = "The {account} is gone."', "put it and its words in [square brackets]"),
        ('code = "X"\nsentence = "A [{thing} is|thing] gone."', "'{thing}' is not a name"),
        ('code = "X"\nsentence = "A <b>thing</b> is gone."', "must be plain text in one line"),
        ('code = "X"\nsentence = "A [thing is gone."', "square bracket without its partner"),
        (f'code = "X"\nsentence = "A{"a" * 300}."', "longer than 300 characters"),
        ("", "has no condition"),
    ],
)
def test_a_rule_that_is_wrong_is_refused(lines: str, problem: str) -> None:
    (told,) = problems_of(rule(lines))
    assert problem in told
    assert told.startswith("ours.toml, rule ours")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[rule", "is not TOML"),
        ("[[rule]]\n", "field id: is missing"),
        ('[[rule]]\nid = "a"\ncode = "X"\nsource = "Our accountants"', "field type: is missing"),
        ('[[rule]]\nid = "a"\ncode = "X"\nsituation = "duplicate"', "field source: is missing"),
        (
            '[[rule]]\nid = "a"\ncode = "X"\nsituation = "duplicate"\nsource = "us"',
            "neither a name of [sources]",
        ),
        (
            '[[rule]]\nid = "a"\ncode = "X"\nsituation = "trouble"\nsource = "Our own"',
            "'trouble' is not a situation",
        ),
        ("rules = 1", "field rules: is not a field here"),
        ("[rule]", "must be tables, each headed [[rule]]"),
        ("[[cause]]", "needs exactly one of 'at'"),
        ('[[cause]]\nat = "a["', "is not a JMESPath expression"),
        ('[[cause]]\nfind = "a"\nsplit = "x.*"', "repeats without bound"),
        (rule('code = "X"') + rule('code = "X"', 'id = "second"'), "'x' is already decided by rule ours"),
        (rule('code = "X"') * 2, "stands twice in this file"),
        ("x" * 300_000, "is longer than"),
        (f"rules = {'9' * 5000}", "line 1 is longer than 2,000 characters"),
        (f"rules = 1{'.1' * 60}", "line 1 has more than 50 dots outside quotation marks"),
    ],
)
def test_a_file_that_is_wrong_is_refused(text: str, problem: str) -> None:
    assert any(problem in told for told in problems_of(text)), problems_of(text)


def test_a_stage_condition_is_taken_as_it_is() -> None:
    text = rule('code = "X"\nstage = "upload_receipt"')
    classifier = Classifier.built_in([RuleDocument("ours.toml", text)])
    found = classifier.classify("xero", Failure(code="X", stage=Stage.UPLOAD_RECEIPT))
    assert found.failure_reason_type is FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE
