"""The content of reports in HTML and in Markdown, and the escaping of text from documents."""

import hashlib
import re

import pytest
from lxml import html

from mlflow2prov import __version__, load, report
from mlflow2prov.content_security import hash_source
from mlflow2prov.errors import ConfigurationError, SelectionError
from mlflow2prov.escaping import markdown, markdown_paragraph
from mlflow2prov.render.report import content
from mlflow2prov.render.report.content import gather_content
from tests.analysis.graphs import STATEMENTS, document, project, relation, thing
from tests.golden import HERE as GOLDEN

SHA = "d4115a089fea1d6adf7fc8eeb77e66f50d8c78dd"


@pytest.fixture(scope="module")
def demo():
    return load(GOLDEN / "result.json")


def text_of(page):
    return re.sub(r"\s+", " ", html.document_fromstring(page).text_content())


@pytest.mark.parametrize("format_", ["html", "markdown"])
def test_a_report_contains_everything_that_an_auditor_asks_for(demo, format_):
    text = report(demo, format_, repository_url="https://example.org/wine")
    if format_ == "html":
        text = text_of(text)
    text = text.replace("&lt;", "<").replace("&#64;", "@").replace("\\", "")
    for words in (
        "wine 2", "@champion", "deleted", "2026-11-29 13:13:40 UTC", "grace", "logistic C=1.0",
        "runs:/7f9b1288b7b4417982b02b94596316b1", SHA, "2023-11-15 04:13:20 +01:00", "Train a logistic regression",
        "Co-authored-by: Grace Hopper <grace@example.org>", "Ada Lovelace <ada@example.org>", "train.py",
        "swh:1:cnt:", "accuracy", "0.9814814814814815", "97d562d6", "training", "requirements.txt",
        "wine.csv", "sha256:1245a5e0",
        "author of the commit, committer of the commit", "co-author of the commit",
        "its run recorded no seed", "unseeded-training", "100 %", "Tells three growers apart.",
        "805 statements", "f81b20658b79df23ffcf65d927d782b59f108d8e",
    ):  # fmt: skip
        assert words in text, words
    assert "unknown" in text  # for the data sets of a trial


def test_commits_and_scripts_are_linked_if_the_repository_url_is_known(demo):
    page = html.document_fromstring(report(demo, repository_url="git@example.org:ada/wine.git"))
    links = {a.get("href") for a in page.iter("a") if not a.get("href").startswith("#")}
    assert f"https://example.org/ada/wine/commit/{SHA}" in links
    assert f"https://example.org/ada/wine/blob/{SHA}/train.py" in links
    assert all(a.get("href")[0] == "#" for a in html.document_fromstring(report(demo)).iter("a"))


@pytest.mark.parametrize("format_", ["html", "markdown"])
def test_runs_and_versions_are_linked_to_the_ui_of_mlflow(demo, format_):
    text = report(demo, format_, "wine@champion", mlflow_ui="http://me:secret@mlflow.example:5000/")
    assert "http://mlflow.example:5000/#/experiments/1/runs/" in text
    assert "http://mlflow.example:5000/#/models/wine/versions/2" in text
    assert "secret" not in text and "mlflow.example" not in report(demo, format_)


def test_names_in_links_to_the_ui_of_mlflow_are_quoted():
    version = thing("entity", "V", "RegisteredModelVersion", name='a/"b)', version="1")
    text = report(document(version), "html", mlflow_ui="https://mlflow.example/ui")
    assert "https://mlflow.example/ui/#/models/a%2F%22b%29/versions/1" in text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "git@example.org:x", "ssh://example.org", ""]
)
def test_the_ui_of_mlflow_is_a_web_page(demo, url):
    with pytest.raises(ConfigurationError, match="MLflow UI"):
        report(demo, mlflow_ui=url)


def test_the_repository_url_that_a_run_recorded_takes_precedence():
    creation = thing(
        "activity", "Creation.Run.r1", "Creation", repository_url="https://u:secret@code.org/x.git"
    )
    text = report(project(creation), repository_url="https://example.org/other")
    assert f"https://code.org/x/commit/{'c2' * 20}" in text and "secret" not in text
    # The other run recorded no repository.
    assert f"https://example.org/other/commit/{'c3' * 20}" in text


def test_a_metric_has_a_history_over_steps_and_a_position_among_versions():
    steps = [
        s
        for n in range(5)
        for s in (
            thing("entity", f"Metric.s{n}", "Metric", name="loss", value=str(1 / (n + 1)), step=str(n)),
            relation("hadMember", "Run.r1", f"Metric.s{n}"),
        )
    ]  # fmt: skip
    (model,) = gather_content(project(*steps)).models
    by_name = {metric.name: metric for metric in model.versions[0].metrics}
    assert by_name["loss"].history == tuple(1 / (n + 1) for n in range(5))
    assert by_name["loss"].value == "0.2" and by_name["loss"].step == "4"
    assert by_name["auc"].history == () and by_name["auc"].position == 0.0
    assert [(trend.metric, trend.values) for trend in model.trends] == [("auc", (0.1, 0.2, 0.2))]


def test_a_person_has_every_role_once(demo):
    (version,) = gather_content(demo, "wine@champion").models[0].versions
    assert {person.item.label: person.roles for person in version.people} == {
        "Ada Lovelace": ("author of the commit", "committer of the commit"),
        "Grace Hopper": ("co-author of the commit",),
        "grace": ("started the run", "registered the version"),
    }


def test_a_drawing_shows_the_direct_lineage_of_a_version(demo):
    (version,) = gather_content(demo, "wine@champion").models[0].versions
    kinds = sorted((box.node.type, box.node.kind) for box in version.drawing.boxes)
    assert kinds == [
        ("Commit", "activity"), ("Creation", "activity"), ("Creation", "activity"), ("Dataset", "entity"),
        ("Dataset", "entity"), ("FileRevision", "entity"), ("LoggedModel", "entity"),
        ("RegisteredModelVersion", "entity"), ("Run", "entity"), ("User", "agent"), ("User", "agent"),
        ("User", "agent"),
    ]  # fmt: skip
    types = {box.node.identifier: box.node.type for box in version.drawing.boxes}
    edges = [arrow.edge for arrow in version.drawing.arrows]
    relations = {(edge.kind, types[edge.effect], types[edge.cause]) for edge in edges}
    assert ("wasDerivedFrom", "RegisteredModelVersion", "LoggedModel") in relations
    assert ("wasInformedBy", "Creation", "Commit") in relations
    assert ("used", "Creation", "FileRevision") in relations


def test_the_same_document_gives_the_same_bytes(demo):
    for format_ in ("html", "markdown"):
        assert report(demo, format_) == report(load(GOLDEN / "result.json"), format_)


def test_a_deleted_version_is_listed_without_details(demo):
    page = html.document_fromstring(report(demo))
    (article,) = [a for a in page.find_class("version") if "deleted" in a.text_content()]
    assert not article.findall(".//dl")


EVIL = (
    "</td><script>x</script> | [a](javascript:x) `b` **c** <img src=x> @team &amp; \u202e\x1b[31m"
)


def test_hostile_text_has_no_effect_in_markdown():
    hostile = document(
        *STATEMENTS,
        thing("entity", "Param.evil", "Param", name=EVIL, value=EVIL),
        relation("hadMember", "Run.r1", "Param.evil"),
        thing("entity", "Model.fraud", "RegisteredModel", description=f"# {EVIL}"),
        thing("entity", "LoggedModel.r1", "LoggedModel", **{"prov:label": f'"]\n```\n{EVIL}'}),
    )
    text = report(hostile, "markdown")
    assert (
        "<script" not in text and "<img" not in text and "\u202e" not in text and "\x1b" not in text
    )
    assert "@team" not in text
    assert not re.search(r"(?<!\\)\[a", text) and not re.search(r"(?<!\\)`b", text)
    lines = text.partition("## Rules")[0].splitlines()
    rows = [line for line in lines if "script" in line and line.startswith("|")]
    assert rows and all(len(re.findall(r"(?<!\\)\|", line)) in (3, 4) for line in rows)
    assert text.count("```") % 2 == 0 and not re.search(r"^# .*script", text, re.M)


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
def test_text_is_escaped_for_markdown(text, escaped):
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
def test_a_paragraph_never_begins_a_list_or_a_heading(text, escaped):
    assert markdown_paragraph(text) == escaped


def test_unknown_formats_and_selectors_are_refused(demo):
    with pytest.raises(
        ConfigurationError, match="unknown format 'docx'; choose from html, markdown"
    ):
        report(demo, "docx")
    with pytest.raises(SelectionError):
        report(demo, selectors="File:train.py")


def test_a_model_without_versions_is_listed():
    text = report(document(thing("entity", "m", "RegisteredModel", name="empty")))
    assert "empty" in text and "no versions" in text


def test_two_models_with_the_same_name_have_two_sections():
    other = (
        thing("entity", "Model.2", "RegisteredModel", name="fraud"),
        thing("entity", "V", "RegisteredModelVersion", name="fraud", version="9"),
        relation("specializationOf", "V", "Model.2"),
    )
    page = html.document_fromstring(report(project(*other)))
    sections = [s for s in page.iter("section") if s.find("h2") is not None]
    assert [s.findtext("h2") for s in sections] == ["fraud", "fraud"]
    assert len({s.find("h2").get("id") for s in sections}) == 2


def test_every_answer_about_a_version_without_relations_is_unknown():
    (version,) = (
        gather_content(document(thing("entity", "v", "RegisteredModelVersion"))).models[0].versions
    )
    assert version.audited.explanation.completeness == 0 and version.people == ()
    assert [finding.code for finding in version.audited.findings] == ["run-unknown"]
    assert "unknown" in report(document(thing("entity", "v", "RegisteredModelVersion")))


def test_cyclic_lineage_is_drawn():
    cycle = (
        relation("wasDerivedFrom", "LoggedModel.r1", "Version.1", None, None, None),
        relation("wasInformedBy", "Creation.Run.r1", "Creation.Version.1"),
    )
    page = html.document_fromstring(report(project(*cycle)))
    assert len(list(page.iter("svg"))) > 3


def test_values_that_cannot_be_plotted_are_printed_unchanged():
    metrics = [
        s
        for n, value in enumerate(["NaN", "1e999", "1.7e308", "-1.7e308"])
        for s in (
            thing(
                "entity", f"Metric.{n}", "Metric", name=f"odd {n // 2}", value=value, step=str(n)
            ),
            relation("hadMember", "Run.r1", f"Metric.{n}"),
        )
    ]
    (model,) = gather_content(project(*metrics)).models
    by_name = {metric.name: metric for metric in model.versions[0].metrics}
    assert by_name["odd 0"].history == () and by_name["odd 0"].value == "1e999"
    assert by_name["odd 1"].history == (1.7e308, -1.7e308)
    text = report(project(*metrics))
    assert "1e999" in text and not re.search(r"[ ,\"](nan|inf)\b", text)


@pytest.mark.parametrize("format_", ["html", "markdown"])
def test_long_values_are_shortened_and_a_page_unfolds_them(format_):
    value = "step " * 1000 + "end"
    members = [
        thing("entity", "Param.long", "Param", name="n" * 1000, value=value),
        relation("hadMember", "Run.r1", "Param.long"),
    ]
    text = report(project(*members), format_)
    assert "n" * 299 + "…" in text and "n" * 300 not in text
    if format_ == "html":
        page = html.document_fromstring(text)
        (details,) = [d for d in page.iter("details") if d.getparent().tag == "td"]
        assert details.text_content().endswith("end")
        assert len(details.find("summary").text_content()) == 150
    else:
        assert max(map(len, text.splitlines())) < 1000


@pytest.mark.parametrize("format_", ["html", "markdown"])
def test_a_report_names_the_graph_by_the_digest_of_its_file(demo, format_):
    digest = hashlib.sha256((GOLDEN / "result.json").read_bytes()).hexdigest()
    sources = {"MLflow store": "http://ada:pw@example.org/?token=abc", "HEAD": "<b>"}
    text = report(demo, format_, "wine@champion", sources=sources)
    if format_ == "html":
        text = text_of(text)
    for words in (
        digest,
        f"MLflow2PROV {__version__}",
        "http://example.org/?token=...",
        "<b>" if format_ == "html" else "&lt;b>",
        "Selection",
    ):
        assert words in text, words
    assert digest not in report(project(), format_)


def test_the_identity_has_the_commits_that_no_commit_follows_and_the_recorded_repositories():
    creation = thing(
        "activity", "Creation.Run.r1", "Creation", repository_url="https://u:secret@code.org/x.git"
    )
    facts = {fact.name: fact.values for fact in gather_content(project(creation)).identity}
    assert facts["Repository"] == ("https://code.org/x",)
    assert all("c1" * 20 not in value for value in facts["Last commit"])
    url = "https://example.org/other"
    facts = {fact.name: fact.values for fact in gather_content(project(), (), url).identity}
    assert facts["Repository"] == (url,)
    empty = {fact.name for fact in gather_content(document()).identity}
    assert empty == {"Graph", "SHA-256 of the graph as PROV-JSON", "Report by"}


def staged(*stages):
    """Return the statements of a model with a version for each stage, the earliest first."""
    versions = [
        thing("entity", f"V.{n}", "RegisteredModelVersion", name="m", version=str(n),
              registered_model_version_stage=stage)
        for n, stage in enumerate(stages, start=1)
    ]  # fmt: skip
    relations = [relation("specializationOf", f"V.{n}", "M") for n, _ in enumerate(stages, start=1)]
    return document(thing("entity", "M", "RegisteredModel", name="m"), *versions, *relations)


def test_versions_in_use_come_first_and_the_others_are_folded():
    text = report(staged("Production", "None", "Staging", "Archived"))
    page = html.document_fromstring(text)
    others = page.get_element_by_id("model-1-others")
    order = [article.findtext(".//h3") for article in page.iter("article")]
    assert order == ["m 3", "m 1", "m 4", "m 2"]
    assert [a.findtext(".//h3") for a in others.iter("article")] == ["m 4", "m 2"]
    is_open = ["open" in article.find("details").attrib for article in page.iter("article")]
    assert is_open == [True, True, False, False]
    rows = [
        row.text_content() for row in page.xpath("//h2[@id='registry']/following::table[1]//tr")
    ]
    assert [row.split("\n")[0] for row in rows[1:]] == ["m 3", "m 1", "m 4", "m 2"]
    markdown_text = report(staged("Production", "None"), "markdown")
    assert (
        markdown_text.index("### m 1")
        < markdown_text.index("<details>")
        < markdown_text.index("### m 2")
    )


@pytest.mark.parametrize("format_", ["html", "markdown"])
def test_findings_are_grouped_by_code_with_their_remedy(format_):
    (group, *_) = gather_content(project()).finding_groups
    assert group.rule.code == "shared-run" and len(group.findings) == 2
    text = report(project(), format_)
    assert text.count("To fix it: " + group.rule.remedy) == 1
    if format_ == "html":
        page = html.document_fromstring(text)
        cells = page.xpath("//h3[@id='finding-shared-run']/following::tbody[1]/tr/td[1]")
        assert [cell.text_content() for cell in cells] == ["fraud 2", "fraud 3"]


def test_many_findings_of_a_code_are_folded():
    versions = staged(*["None"] * 6)
    page = html.document_fromstring(report(versions))
    (folded,) = page.xpath("//h3[@id='finding-run-unknown']/following::details[1]")
    assert "open" not in folded.attrib and folded.findtext("summary") == "6 findings"


def test_without_versions_in_use_the_latest_comes_first():
    page = html.document_fromstring(report(staged("None", "Archived")))
    assert [article.findtext(".//h3") for article in page.iter("article")] == ["m 2", "m 1"]


def test_of_many_versions_in_use_the_latest_precede_the_fold(monkeypatch):
    monkeypatch.setattr(content, "MAX_MAIN_VERSIONS", 2)
    (model,) = gather_content(staged(*["Production"] * 4)).models
    assert [v.item.about["version"] for v in model.main_versions] == ["4", "3"]
    assert [v.item.about["version"] for v in model.other_versions] == ["2", "1"]


def test_the_policy_of_a_page_allows_exactly_its_style_and_its_script(demo):
    page = html.document_fromstring(report(demo))
    (policy,) = (m.get("content") for m in page.iter("meta") if m.get("http-equiv"))
    (style,), (script,) = ([e.text for e in page.iter(name)] for name in ("style", "script"))
    assert policy == (
        f"default-src 'none'; script-src {hash_source(script)}; style-src {hash_source(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not page.xpath("//*[@style]")  # The policy would not allow them.


def test_many_versions_in_use_are_folded_too():
    page = html.document_fromstring(report(staged(*["Production"] * 4)))
    assert all("open" not in a.find("details").attrib for a in page.iter("article"))


@pytest.mark.parametrize("format_", ["html", "markdown"])
def test_a_run_outside_the_store_is_marked_in_a_report(format_):
    missing = project(
        thing("entity", "Version.9", "RegisteredModelVersion", name="fraud", version="9"),
        relation("specializationOf", "Version.9", "Model.fraud"),
        relation("wasGeneratedBy", "Version.9", "C", None),
        relation("wasInformedBy", "C", "Creation.Run.r9"),
    )
    text = report(missing, format_)
    if format_ == "html":
        text = text_of(text)
    assert re.search(r"r9 runs:/r9 \(?not in the graph", text)


def test_a_report_lists_the_first_of_many_captured_calls_and_counts_the_rest(monkeypatch):
    monkeypatch.setattr(content, "MAX_CALLS", 2)
    calls = [
        statement
        for number in range(4)
        for statement in (
            thing("activity", f"Call.{number}", "Call", name=f"step{number}", module="m"),
            relation("wasStartedBy", f"Call.{number}", None, "Creation.Run.r1", None),
            thing("entity", f"Argument.{number}", "Argument", name="x", value=f"value{number}"),
            relation("used", f"Call.{number}", f"Argument.{number}", None),
        )
    ]
    text = text_of(report(project(*calls)))
    assert [f"m.step{number}" in text for number in range(4)] == [True, True, False, False]
    assert [f"value{number}" in text for number in range(4)] == [True, True, False, False]
    assert text.count("and 2 more") == 2
    assert text_of(report(project(*calls[:8]))).count("more;") == 0
