"""Processes that are killed: their files are whole, and the next start deletes what they left."""

import pytest

from tests.kills import Campaign


@pytest.mark.slow
def test_no_file_is_torn_and_the_next_start_deletes_what_is_left(tmp_path):
    campaign = Campaign(tmp_path, seed=1, commits=3)
    campaign.run(kills=6)
    assert campaign.figures["kills"] == 6
    assert campaign.figures["torn files"] == campaign.figures["missing files"] == 0
    assert campaign.figures["left after the next start"] == 0
