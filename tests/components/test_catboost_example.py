"""The page's class around CatBoost, where CatBoost is installed: it stands in a study, and only a model is refused."""

import re
from pathlib import Path

import pytest

from raymer.components.plugins import bring_files
from raymer.learners.system import System
from raymer.testing import check_component

PAGE = Path(__file__).parents[2] / "docs" / "components.md"


def test_the_class_on_the_page_stands_in_a_study(tmp_path):
    pytest.importorskip("catboost", reason="catboost is not installed: the page's example is not tried")
    [code] = [text for text in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S) if "catboost" in text]
    (tmp_path / "boosters.py").write_text(code)
    bring_files([tmp_path / "boosters.py"])
    assert System.of(["scale", {"use": "boosters:CatBoost", "depth": 4}]).predictor.params == {"depth": 4}
    faults = check_component("boosters:CatBoost", "predictor", iterations=20)
    assert [fault.code for fault in faults] == ["save"], "all but a saved model"
