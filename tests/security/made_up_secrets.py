"""Secrets that are made up when a test runs: none of them stands in the repository."""

import base64
import json
import random
import re
import string
from typing import Final

_PLACE: Final = re.compile(r"\{([a-z]+[a-z0-9_]*)\}")
_IBAN_LENGTH: Final = 22


class MadeUpSecrets:
    """Makes secrets of every kind; the same seed makes the same ones. `made` are those of the last text."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- not for security
        self.made: list[str] = []

    def fill(self, text: str) -> str:
        """Put a secret into each place: "{pw}", "{jwt}" and so on."""
        self.made = []
        return _PLACE.sub(lambda place: self._remembered(place[1]), text)

    def _remembered(self, kind: str) -> str:
        made = str(getattr(self, f"_{kind}")())
        self.made.append(made)
        return made

    def _some(self, signs: str, count: int) -> str:
        return "".join(self._random.choices(signs, k=count))

    def _mixed(self, count: int, signs: str = string.ascii_letters + string.digits) -> str:
        """Random signs with at least one of each kind, as good tokens have."""
        made = self._some(signs, count - 3) + "a" + "Z" + "7"
        return "".join(self._random.sample(made, len(made)))

    def _word(self) -> str:
        return "q" + self._some(string.ascii_lowercase, 11)

    def _pw(self) -> str:
        return self._mixed(10, string.ascii_letters + string.digits + "-_.$") + "x"

    def _pin(self) -> str:
        return str(self._random.randint(1000, 9999))

    def _hex32(self) -> str:
        return "a7" + self._some("0123456789abcdef", 30)

    def _hex64(self) -> str:
        return self._hex32() + self._hex32()

    def _base64_40(self) -> str:
        return self._mixed(40)

    def _base64_88(self) -> str:
        return base64.b64encode(self._random.randbytes(64)).decode()

    def _base36_40(self) -> str:
        return "a1" + self._some(string.ascii_lowercase + string.digits * 2, 38)

    def _uuid(self) -> str:
        digits = self._hex32()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _jwt(self) -> str:
        parts = (json.dumps({"alg": "none"}), json.dumps({"sub": self._word()}), self._word())
        return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)

    def _pem_begin(self) -> str:
        return f"-----BEGIN {'RSA'} {'PRIVATE'} KEY----- {self._mixed(20)} {self._mixed(20)}"

    def _pem(self) -> str:
        return f"{self._pem_begin()} -----END {'RSA'} {'PRIVATE'} KEY-----"

    def _basic(self) -> str:
        return base64.b64encode(f"{self._word()}:{self._pw()}".encode()).decode()

    def _stripe(self) -> str:
        return "sk" + "_live_" + self._mixed(24)

    def _slack(self) -> str:
        return "xox" + "b-" + self._some(string.digits, 11) + "-" + self._mixed(20)

    def _github(self) -> str:
        return "gh" + "p_" + self._mixed(30)

    def _aws(self) -> str:
        return "AK" + "IA" + self._some(string.ascii_uppercase, 8) + self._some("234567", 8)

    def _sendgrid(self) -> str:
        return "S" + "G." + self._mixed(22) + "." + self._mixed(22)

    def _mail(self) -> str:
        return f"{self._word()}.{self._word()}@example.test"

    def _card(self) -> str:
        digits = "4" + self._some(string.digits, 14)
        doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[::2]]
        return digits + str(-(sum(doubled) + sum(map(int, digits[1::2]))) % 10)

    def _card_in_groups(self) -> str:
        return " ".join(re.findall("....", self._card()))

    def _card_in_hyphens(self) -> str:
        return "-".join(re.findall("....", self._card()))

    def _iban(self) -> str:
        number = self._some(string.digits, _IBAN_LENGTH - 4)
        return f"DE{98 - int(number + '131400') % 97:02}{number}"

    def _iban_lower(self) -> str:
        return self._iban().lower()

    def _iban_in_groups(self) -> str:
        return " ".join(re.findall(".{1,4}", self._iban()))
