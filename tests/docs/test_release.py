"""What a release says of itself is the same wherever it is said: version, Pythons, licence, links of the README."""

import re
import tomllib

import pytest
import yaml
from docs.commands import ROOT

import raymer

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CHECKLIST = (ROOT / "docs" / "release.md").read_text()
README = (ROOT / "README.md").read_text()
PLACEHOLDER = "https://raymer.example"


def point(number: int) -> str:
    """Return a point of the checklist on one line."""
    found = re.search(rf"^{number}\. (.*?)(?=^\d+\. |\Z)", CHECKLIST, flags=re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split())


def files_in(text: str) -> list[str]:
    return [word for word in re.findall(r"`([^`]+)`", text) if (ROOT / word).is_file()]


VERSIONED = files_in(point(1))


def test_the_checklist_names_where_the_version_stands():
    assert len(VERSIONED) == 7
    assert all((ROOT / word).exists() for word in re.findall(r"`([\w./-]+/[\w./-]+|[\w-]+\.\w+)`", CHECKLIST))


@pytest.mark.parametrize("name", VERSIONED)
def test_the_version_is_the_same_everywhere(name):
    text = (ROOT / name).read_text()
    where = r"(?:raymer[:/-]|VERSION|NAME:|version__ = \"|^version: |^## )v?"
    ours = re.findall(where + r"(\d+\.\d+\.\d+)", text, re.MULTILINE)
    assert ours, f"{name} says no version"
    assert (ours[:1] if name == "CHANGELOG.md" else [*set(ours)]) == [raymer.__version__]


def test_pyproject_reads_the_version_from_the_package():
    assert "version" in PROJECT["project"]["dynamic"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "raymer/__init__.py"


def test_the_classifiers_name_the_pythons_of_the_workflow():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    tested = jobs["tests"]["strategy"]["matrix"]["python-version"]
    claimed = [re.search(r"Python :: (3\.\d+)$", one) for one in PROJECT["project"]["classifiers"]]
    assert [one[1] for one in claimed if one] == tested
    assert PROJECT["project"]["requires-python"].startswith(f">={tested[0]}")


def test_the_workflow_calls_what_the_makefile_has():
    rules = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    called = set(re.findall(r"make ([a-z]+)", (ROOT / ".github" / "workflows" / "ci.yml").read_text()))
    assert {"check", "setup", "docs"} <= called <= rules


def test_the_licence_is_one():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    text = (ROOT / "LICENSE").read_text()
    assert citation["license"] == PROJECT["project"]["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in text
    assert "[name of copyright owner]" not in text


def test_the_citation_has_what_the_format_asks_and_both_papers():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    papers = {one["title"].lower(): one["authors"][0]["family-names"] for one in citation["references"]}
    for name, family in (("cheuk2020-deam", "Cheuk"), ("jakubik2018-emotify", "Jakubik")):
        source = raymer.load_experiment(name).source.lower()
        assert [author for title, author in papers.items() if title in source] == [family]


def shown_by_an_index(text: str) -> str:
    """Return the README as the package's metadata has it."""
    for rule in PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(rule["pattern"], rule["replacement"].replace("$HFPR_VERSION", raymer.__version__), text)
    return text


def test_no_link_of_the_readme_is_relative_on_a_package_index():
    before, after = (re.findall(r"\]\(([^)]+)\)", text) for text in (README, shown_by_an_index(README)))
    assert any("://" not in link for link in before)
    assert len(after) == len(before)
    for link, was in zip(after, before, strict=True):
        kind = "raw" if was.endswith((".svg", ".png")) else "blob"
        assert link == (was if "://" in was else f"{PLACEHOLDER}/source/{kind}/v{raymer.__version__}/{was}")


def test_addresses_are_placeholders_of_the_projects_own_name():
    for url in PROJECT["project"]["urls"].values():
        assert url.startswith(PLACEHOLDER), "a real address: drop this test and point 3 of docs/release.md"
    assert f"`{PLACEHOLDER}`" in point(3)
