"""The page of a report in a browser: sort, filter, pick, copy, dark and narrow, by mouse and by keyboard."""

import pytest

import raymer
from raymer.corpora.base import Input
from raymer.corpora.synthetic import make_synthetic
from raymer.experiments.loading import parse_experiment

EXPERIMENT = """
name: page
title: Which representation?
corpus: synthetic
input: features
targets: [valence, arousal]
protocols: {folds: {kind: kfold, folds: 3}}
systems:
  - {system: Ridge, method: ridge}
  - {system: SVR, method: svr}
  - {system: "=1+1 <i>half</i>", method: ridge, input: half}
  - {system: Nothing, method: no_information}
"""

CONTRASTS = """() => {
  const linear = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const channel = (value) => linear(value / 255);
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const paper = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const isText = walker.currentNode.textContent.trim() && !["SCRIPT", "STYLE", "title"].includes(element.tagName);
    if (!isText || element.closest(":disabled") || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const ink = light(parse(element.closest("svg") ? style.fill : style.color));
    const back = light(parse(paper(element).join(",")));
    const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)}: ${walker.currentNode.textContent.trim()}`);
  }
  return found;
}"""
"""The texts whose contrast with what they stand on is below WCAG's AA."""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    made = make_synthetic(60, 12, seed=1)
    whole = made.inputs["features"]
    corpus = made.with_input(Input("half", whole.clip_ids, whole.values[:, :6], tuple("abcdef")))
    folder = tmp_path_factory.mktemp("page")
    study = raymer.open_study(
        parse_experiment(EXPERIMENT, "page"), corpus, folder / "S", machine=raymer.Machine(serial=True)
    )
    study.run()
    study.report(folder / "R")
    return folder / "R" / "index.html"


@pytest.fixture
def tab(browser, page):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    faults = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(page.as_uri())
    yield opened
    assert faults == []
    context.close()


def test_the_experiment_on_the_page_is_the_one_that_was_run(tab):
    said = tab.locator("#run details code").text_content()
    assert parse_experiment(said, "page") == parse_experiment(EXPERIMENT, "page")


def names(tab):
    box = tab.locator("div.table").first
    return [text.strip() for text in box.locator("tbody tr:visible td:first-child").all_inner_texts()]


def test_a_table_sorts_both_ways_and_says_so(tab):
    head = tab.locator("div.table").first.locator("th", has_text="valence")
    cells = "div.table >> nth=0 >> tbody tr td:nth-child(4)"
    head.locator("button.sort").click()
    assert head.get_attribute("aria-sort") == "descending"
    down = [float(text.split(" ")[0]) for text in tab.locator(cells).all_inner_texts()]
    assert down == sorted(down, reverse=True)
    assert len(set(down)) == 4
    head.locator("button.sort").focus()
    tab.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert [float(text.split(" ")[0]) for text in tab.locator(cells).all_inner_texts()] == sorted(down)


def test_a_filter_and_a_copy_of_what_it_leaves(tab):
    box = tab.locator("div.table").first
    box.locator("input").fill("HALF 1+1")
    assert names(tab) == ["=1+1 <i>half</i>"]
    box.locator("[data-copy=csv]").click()
    box.locator(".said", has_text="1 rows copied").wait_for()
    lines = tab.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("system,features,input,valence")
    assert lines[1].startswith("'=1+1 <i>half</i>,6,half,"), "no formula for a spreadsheet"
    box.locator("input").fill("")
    box.locator("[data-copy=latex]").click()
    box.locator(".said", has_text="4 rows copied").wait_for()
    text = tab.evaluate("navigator.clipboard.readText()")
    assert text.count(r"\\") == 1 + 4
    assert text.index(r"\toprule") < text.index(r"\textless{}i\textgreater{}half") < text.index(r"\end{table}")


def test_a_picked_system_is_seen_in_every_table_and_figure(tab):
    first, last = (tab.locator("div.table").nth(k).locator("tr", has_text="SVR") for k in (0, -1))
    picked = "() => [...document.querySelectorAll('.mark.picked')].map((one) => one.closest('section').id)"
    assert tab.evaluate(picked) == []
    first.locator(".pick").focus()
    tab.keyboard.press("Space")
    assert last.locator(".pick").get_attribute("aria-pressed") == "true"
    assert {"forest-1", "forest-2"} <= set(tab.evaluate(picked))
    said = tab.locator("#forest-1 .mark.picked title").all_text_contents()
    assert said
    assert all("svr" in one for one in said)
    faded = tab.locator("#forest-1 .mark:not(.picked)").first
    assert float(faded.evaluate("one => getComputedStyle(one).opacity")) < 0.5
    tab.locator("#unpick").click()
    assert tab.evaluate(picked) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_dark(tab, scheme):
    tab.emulate_media(color_scheme=scheme)
    assert tab.evaluate(CONTRASTS) == []


def test_the_switch_turns_the_page_dark_and_back(tab):
    paper = "getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(paper)
    tab.locator("#theme").click()
    dark = tab.evaluate(paper)
    assert dark != light
    assert tab.locator("#theme").get_attribute("aria-pressed") == "true"
    assert tab.evaluate(CONTRASTS) == []
    tab.reload()
    assert tab.evaluate(paper) == dark, "what was chosen is kept"
    tab.emulate_media(media="print")
    assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(26, 31, 36)", "paper is light"
    assert not tab.locator("nav").is_visible()
    tab.emulate_media(media="screen")
    tab.locator("#theme").click()
    assert tab.evaluate(paper) == light


def test_narrow_it_scrolls_down_only_and_wide_it_has_contents_at_the_left(tab):
    main = "document.querySelector('main').getBoundingClientRect().left"
    assert tab.evaluate(main) > 150
    for link in tab.locator("nav a").all():
        assert tab.locator(link.get_attribute("href")).count() == 1
    tab.set_viewport_size({"width": 390, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.evaluate(main) < 20
    sizes = tab.evaluate(
        "[...document.querySelectorAll('#forest-1 svg text')].map((one) => one.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 9, "the forest can be read"
