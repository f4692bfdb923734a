"""What a report says, in HTML and in Markdown; and that strangers' words stay words."""

import re

import pytest
from lxml import html

from mlflow2prov import load, report
from mlflow2prov.errors import ConfigurationError, SelectionError
from mlflow2prov.render.escaping import markdown, paragraph
from mlflow2prov.render.report.content import content
from tests.analysis.graphs import STATEMENTS, document, project, relation, thing
from tests.golden import HERE as GOLDEN

SHA = "4428be644135e31c3d4e478ccb62b706fa51e1b2"


@pytest.fixture(scope="module")
def demo():
    return load(GOLDEN / "result.json")


def text_of(page):
    return re.sub(r"\s+", " ", html.document_fromstring(page).text_content())


@pytest.mark.parametrize("format_", ["html", "markdown"])
def test_a_report_says_all_that_an_auditor_asks(demo, format_):
    said = report(demo, format_, repository_url="https://example.org/wine")
    if format_ == "html":
        said = text_of(said)
    said = said.replace("&lt;", "<").replace("&#64;", "@").replace("\\", "")
    for words in (
        "wine 2", "@champion", "deleted", "2026-11-21 06:42:49 UTC", "grace", "logistic C=1.0",
        "runs:/ee4b95521e9941f1887a4ed010130d04", SHA, "2023-11-15 04:13:20 +01:00", "Train a logistic regression",
        "Co-authored-by: Grace Hopper <grace@example.org>", "Ada Lovelace <ada@example.org>", "train.py",
        "swh:1:cnt:", "accuracy", "0.9814814814814815", "a5ceb0d8", "training", "requirements.txt",
        "author of the commit, committer of the commit", "co-author of the commit",
        "its run gamma 0.01 recorded no dataset", "no-dataset", "93 %", "94 %", "Tells three growers apart.",
    ):  # fmt: skip
        assert words in said, words
    assert "unknown" in said  # whether the tree was dirty


def test_commits_and_scripts_are_linked_where_the_host_is_known(demo):
    page = html.document_fromstring(report(demo, repository_url="git@example.org:ada/wine.git"))
    links = {a.get("href") for a in page.iter("a") if not a.get("href").startswith("#")}
    assert f"https://example.org/ada/wine/commit/{SHA}" in links
    assert f"https://example.org/ada/wine/blob/{SHA}/train.py" in links
    assert all(a.get("href")[0] == "#" for a in html.document_fromstring(report(demo)).iter("a"))


def test_what_runs_recorded_of_their_repository_comes_first():
    recorded = thing(
        "activity", "Creation.Run.r1", "Creation", repository_url="https://u:secret@code.org/x.git"
    )
    said = report(project(recorded), repository_url="https://example.org/other")
    assert f"https://code.org/x/commit/{'c2' * 20}" in said and "secret" not in said
    assert f"https://example.org/other/commit/{'c3' * 20}" in said  # of the run that recorded none


def test_a_metric_has_its_course_over_steps_and_its_place_among_versions():
    steps = [
        s
        for n in range(5)
        for s in (
            thing("entity", f"Metric.s{n}", "Metric", name="loss", value=str(1 / (n + 1)), step=str(n)),
            relation("hadMember", "Run.r1", f"Metric.s{n}"),
        )
    ]  # fmt: skip
    (model,) = content(project(*steps)).models
    by_name = {metric.name: metric for metric in model.versions[0].metrics}
    assert by_name["loss"].course == tuple(1 / (n + 1) for n in range(5))
    assert by_name["loss"].value == "0.2" and by_name["loss"].step == "4"
    assert by_name["auc"].course == () and by_name["auc"].place == 0.0
    assert [(c.name, c.values) for c in model.courses] == [("auc", (0.1, 0.2, 0.2))]


def test_a_person_has_each_part_once(demo):
    (version,) = content(demo, "wine@champion").models[0].versions
    assert {p.item.label: p.deeds for p in version.people} == {
        "Ada Lovelace": ("author of the commit", "committer of the commit"),
        "Grace Hopper": ("co-author of the commit",),
        "grace": ("ran it", "registered the version"),
    }


def test_a_picture_shows_what_is_directly_behind_a_version(demo):
    (version,) = content(demo, "wine@champion").models[0].versions
    kinds = sorted((box.node.type, box.node.kind) for box in version.drawing.boxes)
    assert kinds == [
        ("Commit", "activity"), ("Creation", "activity"), ("Creation", "activity"), ("Dataset", "entity"),
        ("Dataset", "entity"), ("FileRevision", "entity"), ("LoggedModel", "entity"),
        ("RegisteredModelVersion", "entity"), ("Run", "entity"), ("User", "agent"), ("User", "agent"),
        ("User", "agent"),
    ]  # fmt: skip
    of = {box.node.identifier: box.node.type for box in version.drawing.boxes}
    drawn = {(a.edge.kind, of[a.edge.effect], of[a.edge.cause]) for a in version.drawing.arrows}
    assert ("wasDerivedFrom", "RegisteredModelVersion", "LoggedModel") in drawn
    assert ("wasInformedBy", "Creation", "Commit") in drawn
    assert ("used", "Creation", "FileRevision") in drawn


def test_the_same_document_gives_the_same_bytes(demo):
    for format_ in ("html", "markdown"):
        assert report(demo, format_) == report(load(GOLDEN / "result.json"), format_)


def test_a_deleted_version_is_shown_and_blank(demo):
    page = html.document_fromstring(report(demo))
    (article,) = [a for a in page.iter("article") if "deleted" in a.text_content()]
    assert not article.findall(".//dl")


EVIL = (
    "</td><script>x</script> | [a](javascript:x) `b` **c** <img src=x> @team &amp; \u202e\x1b[31m"
)


def test_strangers_words_are_no_markup_of_markdown():
    hostile = document(
        *STATEMENTS,
        thing("entity", "Param.evil", "Param", name=EVIL, value=EVIL),
        relation("hadMember", "Run.r1", "Param.evil"),
        thing("entity", "Model.fraud", "RegisteredModel", description=f"# {EVIL}"),
        thing("entity", "LoggedModel.r1", "LoggedModel", **{"prov:label": f'"]\n```\n{EVIL}'}),
    )
    said = report(hostile, "markdown")
    assert (
        "<script" not in said and "<img" not in said and "\u202e" not in said and "\x1b" not in said
    )
    assert "@team" not in said
    assert not re.search(r"(?<!\\)\[a", said) and not re.search(r"(?<!\\)`b", said)
    rows = [line for line in said.splitlines() if "script" in line and line.startswith("|")]
    assert rows and all(len(re.findall(r"(?<!\\)\|", line)) in (3, 4) for line in rows)
    assert said.count("```") % 2 == 0 and not re.search(r"^# .*script", said, re.M)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b*c", r"a\_b\*c"),
        ("a | b", r"a \| b"),
        ("<b>&", "&lt;b>&amp;"),
        ("ada@example.org @ada", "ada@example.org &#64;ada"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_text_is_escaped_for_markdown(text, escaped):
    assert markdown(text) == escaped


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("- a", r"\- a"),
        ("1. a", r"1\. a"),
        ("# a", r"\# a"),
        ("> a", r"\> a"),
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("", ""),
    ],
)
def test_a_paragraph_begins_no_list_and_no_heading(text, escaped):
    assert paragraph(text) == escaped


def test_what_there_is_not_is_refused(demo):
    with pytest.raises(ConfigurationError, match="no format 'docx'"):
        report(demo, "docx")
    with pytest.raises(SelectionError):
        report(demo, selectors="File:train.py")


def test_a_model_without_versions_is_listed():
    said = report(document(thing("entity", "m", "RegisteredModel", name="empty")))
    assert "empty" in said and "no versions" in said


def test_two_models_of_one_name_are_two():
    other = (
        thing("entity", "Model.2", "RegisteredModel", name="fraud"),
        thing("entity", "V", "RegisteredModelVersion", name="fraud", version="9"),
        relation("specializationOf", "V", "Model.2"),
    )
    page = html.document_fromstring(report(project(*other)))
    assert [s.findtext("h2") for s in page.iter("section")] == ["fraud", "fraud"]
    assert len({s.find("h2").get("id") for s in page.iter("section")}) == 2


def test_a_version_of_which_nothing_is_said_is_all_unknown():
    (version,) = (
        content(document(thing("entity", "v", "RegisteredModelVersion"))).models[0].versions
    )
    assert version.audited.explanation.completeness == 0 and version.people == ()
    assert [finding.code for finding in version.audited.findings] == ["run-unknown"]
    assert "unknown" in report(document(thing("entity", "v", "RegisteredModelVersion")))


def test_what_goes_round_in_circles_is_drawn():
    circle = (
        relation("wasDerivedFrom", "LoggedModel.r1", "Version.1", None, None, None),
        relation("wasInformedBy", "Creation.Run.r1", "Creation.Version.1"),
    )
    page = html.document_fromstring(report(project(*circle)))
    assert len(list(page.iter("svg"))) > 3


def test_numbers_that_no_plot_can_show_are_shown_as_they_are():
    odd = [
        s
        for n, value in enumerate(["NaN", "1e999", "1.7e308", "-1.7e308"])
        for s in (
            thing(
                "entity", f"Metric.{n}", "Metric", name=f"odd {n // 2}", value=value, step=str(n)
            ),
            relation("hadMember", "Run.r1", f"Metric.{n}"),
        )
    ]
    (model,) = content(project(*odd)).models
    by_name = {metric.name: metric for metric in model.versions[0].metrics}
    assert by_name["odd 0"].course == () and by_name["odd 0"].value == "1e999"
    assert by_name["odd 1"].course == (1.7e308, -1.7e308)
    said = report(project(*odd))
    assert "1e999" in said and not re.search(r"[ ,\"](nan|inf)\b", said)
