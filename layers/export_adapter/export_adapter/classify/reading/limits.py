"""How much of a failure is read. A body may be 1 MiB and hostile; an error says what it says early."""

from typing import Final

PATTERN: Final = 4_000
"""Characters that any pattern sees at once, and that are kept of one text."""

TEXT: Final = 65_536
"""Characters of one XML document or page that are looked through; the rest is left unread."""

LENIENT: Final = 16_000
"""Characters that are read of what looks like JSON but is not."""

TOKENS: Final = 2_000
"""Tags of a document that are read, and half of the tokens of what looks like JSON but is not."""

MADE: Final = 16_000
"""Objects, lists and keys that JSON of more than TEXT characters may have to be read whole."""

NODES: Final = 2_000
"""Values (objects, lists, strings) of one body that are looked at."""

WIDTH: Final = 500
"""Keys of one object, or elements of one list, that are looked at."""

DEPTH: Final = 80
"""Levels of nesting that are followed."""

NESTED: Final = 3
"""How often a body inside a body's string (JSON in a JSON string) is opened."""

CAUSES: Final = 20
"""Causes kept of one failure."""

MESSAGES: Final = 5_000
"""Characters of all messages of one failure together; of those that come after, SHORT are left."""

SHORT: Final = 120
"""Characters that are left of a message after so many others."""

MESSAGE: Final = 1_500
"""Characters of one message that are matched and quoted."""

MESSAGE_SECONDS: Final = 0.22
"""CPU time for all failures of one message; the rest are classified by status, stage, code and exception."""

NAMES_SECONDS: Final = 0.03
"""CPU time for those; what is left after that is classified by status and stage."""
