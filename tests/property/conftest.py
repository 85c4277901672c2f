"""How long the property tests look: `default` finds the same examples each time, and ends within seconds.

For a longer look, at new examples each time: `HYPOTHESIS_PROFILE=long python -m pytest tests/property`.
"""

import os

from hypothesis import HealthCheck, settings

_ANY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("default", _ANY_MACHINE, derandomize=True, database=None, max_examples=100)
settings.register_profile("long", _ANY_MACHINE, max_examples=5_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
