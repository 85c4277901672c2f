"""What the keys of error objects mean, whatever system they come from."""

import re
from functools import lru_cache
from typing import Final

_LONGEST_KEY: Final = 60
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9æøåäöüéñ]+")

MESSAGES: Final = (
    "detail",
    "details",
    "errordetail",
    "errordetails",
    "description2",
    "errordescription",
    "errormessage",
    "developererrormessage",
    "issue",
    "message",
    "messages",
    "msg",
    "errormsg",
    "errmsg",
    "errortext",
    "messagetext",
    "longtext",
    "description",
    "reason",
    "faultstring",
    "exceptionmessage",
    "localizedmessage",
    "usermessage",
    "statusmessage",
    "statustext",
    "info",
    "text",
    "value",
    "title",
    "summary",
    "correction",
    "developermessage",
    "developerhint",
    "hint",
    "advice",
    "oauthproblemadvice",
    "error",
    "warning",
    "failure",
    "problem",
    "fault",
    "exception",
    "cause",
    "nachricht",
    "fehler",
    "fehlermeldung",
    "meldung",
    "melding",
    "feilmelding",
    "besked",
    "fejl",
    "fejlbesked",
    "meddelande",
    "felmeddelande",
    "foutmelding",
    "mensaje",
    "mensagem",
    "erreur",
    "messaggio",
    "errore",
    "virhe",
    "viesti",
)
"""Keys that hold a message, the most telling first."""

CODES: Final = (
    "errorcode",
    "code",
    "errcode",
    "errorno",
    "errno",
    "errornumber",
    "errornr",
    "faultcode",
    "datacode",
    "i18nkey",
    "messagekey",
    "errorkey",
    "reasoncode",
    "subcode",
    "violation",
    "oauthproblem",
    "error",
    "errortype",
    "exceptiontype",
    "type",
    "key",
    "name",
    "rule",
    "constraint",
)
"""Keys that hold a code, the most telling first; some of them only where the value looks like one."""

FIELDS: Final = (
    "field",
    "fieldname",
    "propertyname",
    "property",
    "errorpath",
    "pointer",
    "element",
    "param",
    "parameter",
    "source",
    "path",
    "target",
    "attribute",
    "column",
)
"""Keys that name the field that an error is about."""

STATUSES: Final = ("httpstatuscode", "httpstatus", "statuscode", "status")
"""Keys that repeat the HTTP status inside a body."""

_ECHOES: Final = frozenset(
    [
        "attemptedvalue",
        "inputvalue",
        "input",
        "rejectedvalue",
        "invalidvalue",
        "providedvalue",
        "submittedvalue",
        "request",
        "requestbody",
        "requestpayload",
        "payload",
        "config",
        "headers",
        "params",
        "query",
        "file",
        "filename",
        "attachment",
        "stack",
        "stacktrace",
        "trace",
        "traceback",
        "debug",
        "backtrace",
        "link",
        "links",
        "href",
        "url",
        "uri",
        "helpurl",
        "erroruri",
        "moreinfo",
        "requestid",
        "correlationid",
        "traceid",
        "supportid",
        "logid",
        "timestamp",
        "time",
        "instance",
        "meta",
        "metadata",
        "lineitems",
        "invoicelines",
        "originalrequest",
        "hostname",
    ]
)
"""Keys under which the request is echoed, or what helps only the system's own developers."""

_CONTAINERS: Final = re.compile(
    r"err|fault|excep|problem|issue|violation|invalid|warning|detail|messages?$|notification|modelstate|fehler|fejl|feil"
    r"|validat|failure|infolog|result|cause|reason"
)
_PASSED_THROUGH: Final = frozenset(["response", "data", "body", "results", "envelope", "content"])

MESSAGE_RANK: Final = {key: rank for rank, key in enumerate(MESSAGES)}
CODE_RANK: Final = {key: rank for rank, key in enumerate(CODES)}
FIELD_RANK: Final = {key: rank for rank, key in enumerate(FIELDS)}


def fold_key(key: str) -> str:
    """Return a key as it is compared: lower case, letters and digits alone, without a namespace."""
    return _fold(key if len(key) <= _LONGEST_KEY else key[-_LONGEST_KEY:])


@lru_cache(maxsize=1024)
def _fold(key: str) -> str:
    return _NOT_A_LETTER.sub("", key.lower().rpartition(":")[2])


@lru_cache(maxsize=1024)
def is_echo(folded: str) -> bool:
    """Whether what stands under this key is what was sent, or noise: it is never matched."""
    return folded in _ECHOES


@lru_cache(maxsize=1024)
def holds_errors(folded: str) -> bool:
    """Whether objects under this key are errors."""
    return folded in _PASSED_THROUGH or _CONTAINERS.search(folded) is not None
