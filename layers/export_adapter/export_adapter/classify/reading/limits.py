"""How much of a failure is read. A body may be 1 MiB and hostile; an error says what it says early."""

from typing import Final

TEXT: Final = 65_536
"""Characters of one body or text that are read as XML, HTML or cut-off JSON; the rest is left unread."""

NODES: Final = 4_000
"""Values (objects, lists, strings) of one body that are looked at."""

WIDTH: Final = 2_000
"""Keys of one object, or elements of one list, that are looked at."""

DEPTH: Final = 40
"""Levels of nesting that are followed."""

NESTED: Final = 3
"""How often a body inside a body's string (JSON in a JSON string) is opened."""

CAUSES: Final = 40
"""Causes kept of one failure."""

MESSAGES: Final = 5_000
"""Characters of all messages of one failure together; of those that come after, SHORT are left."""

SHORT: Final = 120
"""Characters that are left of a message after so many others."""

MESSAGE: Final = 1_500
"""Characters of one message that are matched and quoted."""
