"""The same examples in every run; HYPOTHESIS_PROFILE=long looks for new ones in the property tests."""

from hypothesis import settings

settings.register_profile("everywhere", derandomize=True, database=None, deadline=None)
settings.load_profile("everywhere")
