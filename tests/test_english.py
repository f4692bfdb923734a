"""The English check: the words that it counts, and its failure above a limit."""

import pytest

from scripts.english import MAX_PARTICIPLES, PHRASES, main, measure

FREE_RELATIVE, REPORTING_VERB, NONE, NOBODY = range(1, 5)


@pytest.fixture
def project(tmp_path):
    """Return a function that writes files and measures the folder that holds them."""

    def measure_files(**files):
        for name, content in files.items():
            (tmp_path / name.replace("__", ".")).write_text(content, encoding="utf-8")
        return measure([tmp_path])

    return measure_files


def occurrences(measurement):
    return [(text.line, text.content) for text in measurement.occurrences]


def test_assigned_variables_and_parameters_are_names(project):
    source = (
        "class Order:\n"
        "    def close(self, given, *told, key=None, **_known):\n"
        "        found: int = 1\n"
        "        for kept, value in ():\n"
        "            self.taken = value\n"
        "        return found, lambda shown: shown.listed\n"
    )
    participles = project(order__py=source)[0]
    assert occurrences(participles) == [
        (2, "given"),
        (2, "told"),
        (2, "_known"),
        (3, "found"),
        (4, "kept"),
        (6, "shown"),
    ]
    # The names without a fault are ``key`` and ``value``; ``self`` does not count.
    assert participles.rate == 100 * 6 / 8


def test_a_participle_within_a_name_is_no_fault(project):
    participles = project(module__py="found_rows = known_commits = is_shown = 1")[0]
    assert participles.rate == 0


@pytest.mark.parametrize(
    ("symptom", "prose", "phrases"),
    [
        (FREE_RELATIVE, "It reads what is there and What the tool has.", ["what is", "What the"]),
        (FREE_RELATIVE, "See ?what is in the query, and what it means.", ["what it"]),
        (FREE_RELATIVE, "What happens next; whatever is next.", []),
        (REPORTING_VERB, "Git says so, Says MLflow, as told.", ["says", "Says", "told"]),
        (REPORTING_VERB, "An essay about the untold.", []),
        (NONE, "There is none, one no more, and no more.", ["is none", "one no more", "no more"]),
        (NONE, "None is left; nonetheless.", []),
        (NOBODY, "Nobody, somebody or whoever.", ["Nobody", "somebody", "whoever"]),
    ],
)
def test_phrases_are_counted_in_prose(project, symptom, prose, phrases):
    measurement = project(page__md=prose)[symptom]
    assert [text.content for text in measurement.occurrences] == phrases
    assert measurement.rate == 1000 * len(phrases) / len(prose.split())


def test_docstrings_attribute_docstrings_and_comments_are_prose(project):
    source = (
        '"""Nobody one."""\n'
        "LIMIT = 1  # nobody two\n"
        '"""Nobody three.\n\nNobody four."""\n'
        "class Order:\n"
        "    def close(self):\n"
        '        """Nobody five."""\n'
        '        return "nobody in data"  # noqa: nobody in an instruction\n'
    )
    nobody = project(order__py=source)[NOBODY]
    assert sorted(occurrences(nobody)) == [
        (1, "Nobody"),
        (2, "nobody"),
        (3, "Nobody"),
        (3, "Nobody"),
        (8, "Nobody"),
    ]


def test_code_in_a_page_is_not_prose(project):
    page = "Run `nobody` first.\n```console\n$ nobody\n```\n  ~~~\nnobody\n  ~~~\nNobody reads.\n"
    nobody = project(page__md=page)[NOBODY]
    assert occurrences(nobody) == [(8, "Nobody")]
    assert nobody.rate == 1000 / 4  # The prose has four words.


def test_folders_are_searched_and_other_files_are_not(tmp_path):
    (tmp_path / "inner").mkdir()
    for name in ("inner/page.md", "inner/data.txt", "alone.md"):
        (tmp_path / name).write_text("nobody")
    measurement = measure([tmp_path / "inner", tmp_path / "alone.md"])[NOBODY]
    names = [text.path.name for text in measurement.occurrences]
    assert names == ["page.md", "alone.md"]


def test_no_text_has_no_symptoms(tmp_path):
    assert [measurement.rate for measurement in measure([tmp_path])] == [0] * (1 + len(PHRASES))


def test_a_rate_above_its_limit_fails_and_names_the_places(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("word\n" * 4_999 + "nobody\n" * 2)
    assert main([str(page), "--show", "1"]) == 1
    output = capsys.readouterr().out
    assert "0.40 per 1,000 of 5001 words: nobody, somebody, whoever (limit 0.2)" in output
    assert f"{page}:5000: nobody" in output and f"{page}:5001" not in output


def test_a_rate_at_its_limit_passes(tmp_path, capsys):
    page, module = tmp_path / "page.md", tmp_path / "module.py"
    page.write_text("word " * 4_999 + "nobody")
    module.write_text("found = 1\n" + "value = 1\n" * 199)
    nobody, participles = measure([page])[NOBODY], measure([module])[0]
    assert nobody.rate == nobody.limit == 0.2
    assert participles.rate == participles.limit == MAX_PARTICIPLES
    assert main([str(page), str(module)]) == 0
    assert str(page) not in capsys.readouterr().out


def test_an_absent_path_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "absent")])
    assert "absent: no such file or folder" in capsys.readouterr().err
