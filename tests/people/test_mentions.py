"""Mentions: the people that a text names, and text that looks like it and names none."""

import re
import time

import pytest

from mlflow2prov import transform
from mlflow2prov.people.mentions import MAY_BE_MOUNTED, MAY_MENTION, mentions, mounted_folders
from mlflow2prov.people.person_keys import is_person_key, is_person_trailer
from tests.prov.statements import agent, document, entity, value


def people(text):
    """Return the people that a text mentions; the cheap test must not miss a text that has some."""
    names = list(dict.fromkeys(mentions(text)))
    assert not names or re.search(MAY_MENTION, text)
    return names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Reviewer: Tamsin Oakhurst", ["Tamsin Oakhurst"]),
        ("reviewer: tamsin oakhurst", ["tamsin oakhurst"]),
        ("REVIEWED BY: Ann Onym", ["Ann Onym"]),
        ("reviewed_by: Ann Onym", ["Ann Onym"]),
        ("ReviewedBy : Ann Onym", ["Ann Onym"]),
        ("Thanks-to: Leopoldine Asch", ["Leopoldine Asch"]),
        ("Thanks to: Leo Asch & Mo Li", ["Leo Asch", "Mo Li"]),
        ("Pair-programmed-with: Barnaby Thistlewood", ["Barnaby Thistlewood"]),
        ("Change-Owner: Fitzwilliam Gore", ["Fitzwilliam Gore"]),
        ("Assignee: @ecrowe", ["ecrowe"]),
        ("Responsible person: Ann Onym", ["Ann Onym"]),
        ("* Tech Lead: “Ann Onym”", ["Ann Onym"]),
        ("Reviewer(s): Ann Onym, Bob Builder and Cy Young", ["Ann Onym", "Bob Builder", "Cy Young"]),
        ("Reviewers: Ann <ann@x.org>, Bob B; cy", ["ann@x.org", "Ann", "Bob B", "cy"]),
        ("Helped-by: Ann Onym (Example Inc, #12)", ["Ann Onym"]),
        ("Author = Ann Onym", ["Ann Onym"]),
        ("Reviewer：王伟", ["王伟"]),
        ("title\n\nbody\n\nTester: Jürgen Groß\nRefs: #12", ["Jürgen Groß"]),
    ],
)  # fmt: skip
def test_trailers_name_one_person_or_several(text, names):
    assert people(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("patch of Ann Onym <ao@x.org>", ["Ann Onym"]),
        ("patch of ann <ann.onym@x.org>", ["ann"]),
        ("patch of people <ann.onym@x.org>", []),
    ],
)
def test_a_word_before_an_address_is_a_name_if_it_is_capitalized_or_in_the_address(text, names):
    assert people(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Fixed-by: abc123", "Applies-to: main", "Tested-with: Google Chrome", "Depends-on: Big Library",
        "login: fix a crash at the start", "user: add a field", "Note to: everyone", "Contact: us today",
        "Error: File Not Found", "To: do the thing", "From: scratch", "Lead: the way", "Owner: the platform team",
        "Reviewer: none", "Assignee: unassigned", "group by: column", "Ordered-by: price",
    ],
)  # fmt: skip
def test_other_lines_name_no_person(text):
    assert people(text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"user": "ecrowe", "model": "forest"}', ["ecrowe"]),
        ('{"run": {"reviewer": {"name": "Ann Onym", "type": "User", "url": "x"}}}', ["Ann Onym"]),
        ('{"assignees": ["ann", {"login": "bob"}], "Thanks-to": "Cy"}', ["Cy", "bob", "ann"]),
        ('{"metadata": "{\\"owner\\": \\"ecrowe\\"}"}', ["ecrowe"]),
        ('the config {"reviewedBy": "Ann Onym"} is new', ["Ann Onym"]),
        ('cfg: {\\"owner\\": \\"ecrowe\\"}', ["ecrowe"]),
        ("{'assignee': 'ecrowe', 'reviewers': ['ann', 'bob']}", ["ecrowe", "ann", "bob"]),
        ('{"group_by": "column", "depth": 3, "file": "user"}', []),
    ],
)
def test_json_names_people_in_members_at_any_depth(text, names):
    assert people(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("python train.py --user ecrowe --epochs 3", ["ecrowe"]),
        ("train --user=ecrowe", ["ecrowe"]),
        ("train --reviewer 'Ann Onym' -v", ["Ann Onym"]),
        ('["train.py", "--assignee", "ecrowe"]', ["ecrowe"]),
        ("sudo -u ecrowe python train.py", ["ecrowe"]),
        ("psql -h db -U ecrowe runs", ["ecrowe"]),
        ("net use z: /user:CORP\\ecrowe", ["ecrowe"]),
        ("USER=ecrowe python train.py", ["ecrowe"]),
        ("export LOGNAME='ecrowe'", ["ecrowe"]),
        ("MLFLOW_TRACKING_USERNAME=ecrowe", ["ecrowe"]),
        ('GIT_AUTHOR_NAME="Ann Onym" git commit', ["Ann Onym"]),
        ("https://example.org/runs?user=ecrowe&page=1", ["ecrowe"]),
        ("python -u train.py --user-agent Mozilla", []),
        ("docker run -u 1000:1000 image", []),
        ("USER=$USER --user --verbose order_by=price", []),
        ("user=True owner=None author=1", []),
    ],
)
def test_command_lines_and_environment_variables_name_people(text, names):
    assert people(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "/home/ecrowe/x", "/export/home/ecrowe", "/home/staff/ecrowe/x", "/home/e/ecrowe/x", "/data/users/ecrowe/x",
        "/mnt/batch/tasks/shared/LS_root/mounts/clusters/e1/code/Users/ecrowe/proj/train.py", "/u/ecrowe/x",
        "C:\\Users\\ecrowe\\x", "D:/Users/ecrowe/x", "\\\\server\\home\\ecrowe\\x", "dbfs:/Users/ecrowe/x",
        "file:///mnt/c/Users/ecrowe/x", "hdfs://node:8020/user/ecrowe/x", "/Workspace/Repos/ecrowe/x",
        "/afs/example.org/user/e/ecrowe/x", "PATH=/home/ecrowe/bin:/usr/bin", "~ecrowe/x",
    ],
)  # fmt: skip
def test_home_folders_name_their_owner_at_any_depth(text):
    assert people(text) == ["ecrowe"]


@pytest.mark.parametrize(
    "text",
    ["src/home/index.html", "https://x.org/users/search", "/Users/Shared/x", "app/user/views.py"],
)
def test_other_folders_have_no_owner(text):
    assert people(text) == []


@pytest.mark.parametrize(
    "path",
    [
        "/mnt/data/ecrowe/model.pkl",
        "/media/ecrowe/disk/x",
        "/scratch/ecrowe/x",
        "/mnt/nfs/people/ecrowe/x",
    ],
)
def test_a_folder_on_a_mounted_disk_is_a_user_if_its_name_occurs_nowhere_else(path):
    assert re.search(MAY_BE_MOUNTED, path)
    hidden = transform(document(entity("a", path=path)), use_pseudonyms=True)
    assert "ecrowe" not in value(hidden, "a", "path")
    texts = document(entity("a", path=path), entity("b", path="src/ecrowe/train.py"))
    assert value(transform(texts, use_pseudonyms=True), "a", "path") == path


def test_a_folder_on_a_mounted_disk_is_a_user_if_it_is_made_of_the_name_of_a_person():
    crowe = agent("g", "User", name="Evangeline Crowe")
    texts = document(crowe, entity("a", path="/mnt/data/ecrowe/x"), entity("b", note="of ecrowe"))
    assert value(transform(texts, use_pseudonyms=True), "a", "path").startswith("/mnt/data/person-")


@pytest.mark.parametrize(
    "path",
    ["/mnt/data/images/x.png", "/mnt/c/work/x", "/scratch/project_2001/x", "/mnt/data/x.csv"],
)
def test_ordinary_folders_on_mounted_disks_are_not_users(path):
    assert list(mounted_folders(path)) == []


@pytest.mark.parametrize(
    "key",
    [
        "user",
        "labels.user",
        "mlflow.user",
        "reviewedBy",
        "AUTHOR_NAME",
        "team-lead",
        "assigned_to",
        "e-mail",
    ],
)
def test_keys_mean_people_in_any_spelling(key):
    assert is_person_key(key) and is_person_trailer(key)


@pytest.mark.parametrize(
    "key",
    [
        "user_agent",
        "order_by",
        "group-by",
        "users_count",
        "authority",
        "lead_time",
        "label",
        "path",
    ],
)
def test_other_keys_do_not_mean_people(key):
    assert not is_person_key(key) and not is_person_trailer(key)


@pytest.mark.parametrize(
    "text",
    [
        "Reviewer: " + "a, " * 50_000, "Reviewer: " + "(" * 100_000, '{"user": ' * 50_000,
        '{"user": "' + "\\" * 100_000,
        "--user " * 50_000, "sudo " * 50_000, "USER=" * 50_000, "/mnt" * 50_000, "file://" * 50_000,
        "\\\\" * 100_000, "Reviewed " * 50_000, "'user':[" * 50_000,
    ],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_hostile_text_takes_less_than_two_seconds(text):
    start = time.process_time()
    list(mentions(text))
    list(mounted_folders(text))
    assert time.process_time() - start < 2
