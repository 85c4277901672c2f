"""What hurts: the tables that the fuzz draws from. A new hostile shape is one more element of one of them."""

import json
from typing import Any, Final

from tests.fuzz.exact_json import Raw


def _words(text: str) -> list[str]:
    return text.split()


# Texts ------------------------------------------------------------------------------------------------------

BLANKS: Final = (" ", "\n", "\t", "\r\n", "\u00a0", "\u2028", "\x0b", " \n", "\n\n\t", "&nbsp;", "\\n", "%20")
"""Repeated as RUNS are, and drawn as often as all of those: most patterns have something about blanks."""

RUNS: Final = (
    *(
        "\x00",
        "\ud800",
        "\U0001f600",
        "\u00e9",
        "\ufffe",
        "aa ",
        "1 ",
        "4111 ",
        "DE12 ",
        "a@b.c ",
        "http://a ",
    ),
    *_words(r'[ ] { } ( ) < > [] <> {} " \ \" ` a A a. a, a- a_ aB _ - . , : ; / | = * 0 9 1, -1 0x e'),
    *("'", "12345678-", " at ", "\n at a.B.c(D.java:1)", "error ", "id: ", "token ", "bearer ", "a: b\n"),
    *_words("& &amp; &# &#65; &lt; <b> </b> <!-- <![CDATA[ <br/> <a><a> a@ @a. http:// :// a=b& (id="),
    *("<b ", '{"a":', '["a",', '{"a":"', "at a.b("),
)
"""Repeated up to hundreds of thousands of times."""

OPENINGS: Final = (
    *("", "Account 4010 does not exist", "correlation id: ", "Error: ", "b'", 'Response: "', "x"),
    *("<fault>", "<style>", "<script", "<!DOCTYPE", "<![CDATA[", "<!--", '{"error": "', "ORA-01722: error"),
    "Traceback (most recent call last):",
    '  File "/app/x.py", line 1, in run',
    "   at Acme.Books.Post(Entry e) in Post.cs:line 5",
    "\tat com.acme.Books.post(Books.java:12)",
    "java.lang.IllegalStateException: the account is closed",
    "<html><head><title>Error</title></head><body><p>The account is closed",
    '<?xml version="1.0"?><error code="5"><text>The account is closed',
    '{"error": {"code": "E1", "message": "The account is closed',
    "error=invalid&error_description=The+account",
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n",
    "SQLSTATE[23000]: Integrity constraint violation",
    "https://books.example/api?x=1",
)
"""What makes the adapter look closer at the run that follows, and what a run is followed by."""

# JSON -------------------------------------------------------------------------------------------------------

ANYTHING: Final[tuple[Any, ...]] = (None, True, 0, -1, 1.5, "", "x", [], {}, ["x"], {"x": "x"})

LITERALS: Final = (
    *_words("1e400 -1e400 1e-400 1e5000000 -0 -0.0 1.0 1E5 0.10 100000000000000000000.01 9007199254740993"),
    *("1" * 400, "1" * 5_000, "0." + "1" * 5_000, "null", "true", '{"":null}', '{"message":1,"message":"x"}'),
    *_words(r'"\ud800" "\udc00\ud800" "\u0000" "\uffff" "\/" "" [] {} [[]] [null] {"a":1,"a":2}'),
    *("[" * depth + "]" * depth for depth in (10, 70, 500, 5_000, 100_000)),
    *('{"error":' * depth + '"x"' + "}" * depth for depth in (10, 70, 500, 5_000)),
    *('[{"message":' * depth + "1" + "}]" * depth for depth in (40, 900)),
)
"""Legal JSON that Python, or what is written in Python, may not survive."""

ILLEGAL: Final = (
    *_words(r"""NaN -Infinity +1 01 .5 1. 0x1 'a' undefined {a:1} [1,] {,} { ] "\x" "\u12" " //"""),
    *("", '"\t"', "[" * 200_000, '{"a":' * 100_000),
)
"""What only looks like JSON."""

# Messages ---------------------------------------------------------------------------------------------------

SYSTEMS: Final = ("xero", "netsuite", "sage_intacct", "datev", "SAP-S4HANA", "an unlisted one")

OPTIONAL_FIELDS: Final[dict[str, tuple[Any, ...]]] = {
    "exportedAt": (None, "2026-03-01T12:00:00Z", "2026-02-28T23:59:59.999999+05:30"),
    "externalId": (None, "INV-7", " ", "\x00", "\ud800", "\u00e9" * 1_000),
    "externalUrl": (None, "https://books.example/7"),
    "more": (Raw("100000000000000000000.01"), Raw("1.0"), None, []),
}
"""What a good result may have besides."""

_FAILED: Final = {"accountingEntryId": "00000000-0000-4000-b000-00000000ffff", "status": "failed"}

INVALID_RESULTS: Final[tuple[Any, ...]] = (
    *(0, "x", None, True, [], {}, Raw("1e400"), {"accountingEntryId": "7"}, {"status": "failed"}),
    *({**_FAILED, "accountingEntryId": value} for value in (7, "x")),
    *({**_FAILED, "exportedAt": value} for value in (5, "yesterday")),
    *({**_FAILED, "externalId": value} for value in (5, "x" * 1_001)),
    *({**_FAILED, "externalUrl": value} for value in (5, "ftp://x", "https://x/" + "x" * 2_000)),
    *({**_FAILED, name: []} for name in ("status", "failure", "failureReason", "failureReasonType")),
    *({**_FAILED, "failure": {"stage": value}} for value in (5, "lunch")),
    *({**_FAILED, "failure": {"httpStatus": each}} for each in ("400", 99, 600, 400.5)),
    *({**_FAILED, "failure": {name: []}} for name in ("headers", "code", "message", "exception")),
    {**_FAILED, "failure": {"code": 1.5}},
)
"""A reason each to be parked for."""

ATTRIBUTES: Final[tuple[tuple[str, str, Any], ...]] = (
    *(
        ("attributes", name, value)
        for name in ("ApproximateReceiveCount", "SentTimestamp", "ApproximateFirstReceiveTimestamp")
        for value in (*ANYTHING, "0", "-1", "1" * 400, "\u0661", "1e400", "999999999999999")
    ),
    *(
        ("messageAttributes", name, {"stringValue": value, "dataType": "String"})
        for name in ("replayCount", "replayId", "errorType", "errorMessage", "x")
        for value in (*ANYTHING, "1", "abc-1", "\x00", "9" * 400, "item_rejected", "x" * 100_000)
    ),
    *(("messageAttributes", "replayCount", each) for each in ANYTHING),
    *(("attributes", "MessageGroupId", each) for each in ANYTHING if each != ""),
    *((part, "", None) for part in ("attributes", "messageAttributes", "awsRegion", "md5OfBody")),
    *((part, "", [5]) for part in ("attributes", "messageAttributes", "awsRegion", "md5OfBody")),
)
"""Parts of a record, names in them, and what they may be; without a name it is the whole part."""

# Secrets ----------------------------------------------------------------------------------------------------

SECRET_KEYS: Final = (
    *_words("password passwd pwd pass secret token apikey api_key api-key access_token refresh_token"),
    *_words("client_secret clientSecret db_password userPassword oauth_token sig nlauth_signature"),
    *_words("X-AgreementGrantToken X-AppSecretToken X-Api-Key B1SESSION sessionid JSESSIONID Set-Cookie"),
    *_words("Passwort Kennwort wachtwoord lösenord mot_de_passe contraseña adgangskode salasana"),
    *_words("private_key passphrase signature oauth_signature"),
)
"""What a secret stands behind: as a key of JSON, XML or a form, as a header, or in a sentence."""

SECRET_TEXTS: Final = (
    *("{key}={secret}", "{key}: {secret}", "{key} = '{secret}'", '"{key}": "{secret}"', "{key} is {secret}"),
    *("?a=1&{key}={secret}&b=2", "<{key}>{secret}</{key}>", "'{key}' => '{secret}'"),
    *("Authorization: Bearer {secret}", "Authorization: Token {secret}", "Authorization: {secret}"),
    *("Bearer: {secret}", "Authorization=Basic {secret}", "sftp://user:{secret}@books.example/in"),
    *("https://svc:{secret}@books.example/", "eyJhbGciOiJIUzI1NiJ9.{secret}.{secret}"),
    "-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----",
)

# Own rules --------------------------------------------------------------------------------------------------

GOOD_CODE: Final = "FUZZ-GOOD"

OWN_RULE: Final = f"""
[[rule]]
id = "good"
code = "{GOOD_CODE}"
type = "validation_failure"
retryable = false
sentence = "A good document of one's own is followed. Export the entry again."
source = "Ourselves"
"""
"""A good document; it decides about failures with this code whatever is wrong with the others."""

_RULE: Final = OWN_RULE.replace(GOOD_CODE, "FUZZ-OTHER").replace('"good"', '"other"')

_PATHS: Final = (
    *("a" + ".a" * 800, "a" + "[0]" * 800, "(" * 800 + "a" + ")" * 800, "!" * 800 + "a", "[" * 800),
    *("a" + " | a" * 800, "{a: " * 400 + "a" + "}" * 400, "[?" * 200 + "a" + "]" * 200, "a||" * 800 + "a"),
    *("[]" * 500, "**", "@@", "a[", "`", "&a", "sort_by(@, &a)", "join('', keys(@))", "*.*.*.*.*.*.*.*"),
)
_PATTERNS: Final = (
    *("aaa.{0,200}b.{0,200}c.{0,200}d.{0,200}e", "aaa(a|aa){0,200}b", "aaa(?:a{0,100}){0,100}b", "aaa["),
    *("aaa.{0,60}a.{0,60}a.{0,60}a.{0,60}b", "(aaa+)+b", "aaa(?=.{0,900}b)", r"aaa(a?)\1{0,99}b", "aaa(?P<a"),
    *("(" * 150 + "aaa" + ")" * 150, "{account}" * 40, "aaa{9}{9}{9}", "a{99999}aaa"),
)
_CODES: Final = ("1e400", "9" * 5_000, "[[]]", "{}", '""', "true")
_TOML: Final = (
    *("", "x", "[[rule]]", "\ufeff" + _RULE, "\x00", "\ud800", "[[rule]]\n" * 5_000, _RULE * 2, "rule = 5"),
    *("a" + ".a" * 5_000 + " = 1", "a = " + "[" * 5_000 + "]" * 5_000, "a = " + "{a=" * 900 + "}" * 900),
    *("a = " + "1" * 5_000, "a = 1e400", "a = nan", "a = 1979-05-27", 'a = "' + "x" * 300_000 + '"'),
    "".join(_RULE.replace('"other"', f'"other-{number}"') for number in range(1_000)),
)

RULE_DOCUMENTS: Final = (
    *_TOML,
    *(_RULE.replace('"FUZZ-OTHER"', code) for code in _CODES),
    *(f"[[cause]]\nat = {json.dumps(path)}\nmessage = {json.dumps(path)}\n{_RULE}" for path in _PATHS),
    *(_RULE.replace('code = "FUZZ-OTHER"', f"message = {json.dumps(pattern)}") for pattern in _PATTERNS),
)
"""Documents that must be left out whole, or do no harm."""

RULE_ATTACKS: Final = ("aaa", "a" * 600, "a" * 1_400, "aaa" + "bcd" * 400, "ab" * 700, "aaa" + " a" * 600)
"""Messages that patterns of such documents may be slow on."""

# Pleo -------------------------------------------------------------------------------------------------------

PLEO_STATUSES: Final = (
    *(0, 200, 503, 429, 500, 502, 504, 400, 401, 403, 404, 408, 409, 413, 418, 422, 425, 201, 204, 302),
)
"""What Pleo, or a gateway before it, answers instead of what it would have; 0 is no answer."""

PLEO_BODIES: Final = (
    *("", "null", "[]", "{}", "<html>", "[" * 100_000, "\xff\xfe\x00", '{"data": 5}', "\\ud800"),
    *('{"data": [], "errors": []}', '{"data": [null, 5, {}], "errors": [[], {"accountingEntryId": 1}]}'),
    *('{"data": [{"accountingEntryId"', '{"type": {"a": 1e400}, "message": ' + "9" * 5_000 + "}"),
    *('{"type": "EXPORT_NOT_FOUND"}', '{"type": "EXPORT_JOB_STATUS_UNPROCESSABLE"}'),
    '{"type": "' + "x" * 90_000,
)
"""Each character is a byte: "\\xff" is not UTF-8."""

RETRY_AFTER: Final = (None, "1", "0", "-5", "1e9", "9" * 400, "nan", "Wed, 21 Oct 2026 07:28:00 GMT", "x")
