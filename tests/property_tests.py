"""The number of examples of property tests whose examples take long, and whether there are many."""

import os

from hypothesis import settings

IS_FULL = os.environ.get("HYPOTHESIS_PROFILE", "fast") != "fast"
"""Whether the tests have more than a few examples, as in CI."""

FEWEST = 3
"""The examples of the fast profile, which no test has fewer of."""


def examples(share: float) -> settings:
    """Return the settings of a test with a share of the examples of the profile.

    Whole documents that are merged, written or validated take a second each.
    """
    return settings(max_examples=max(FEWEST, round(share * settings().max_examples)))
