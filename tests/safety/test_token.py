"""Ray's token is its owner's alone, whoever made it."""

import stat

import pytest

from raymer.engine.token import keep_token, token_path


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_AUTH_MODE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_for_its_owner_alone_and_once(home):
    keep_token(make=True)
    text = token_path().read_text()
    assert token_path() == home / ".ray" / "auth_token"
    assert (mode(token_path()), mode(token_path().parent), len(text)) == (0o600, 0o700, 64)
    keep_token(make=True)
    assert token_path().read_text() == text
    assert [path.name for path in token_path().parent.iterdir()] == ["auth_token"]


def test_one_that_others_can_read_is_tightened_and_said(caplog):
    keep_token(make=True)
    token_path().chmod(0o644)
    keep_token(make=False)
    assert mode(token_path()) == 0o600
    assert "could be read by others" in caplog.text


@pytest.mark.parametrize(("name", "value"), [("RAY_AUTH_TOKEN", "x"), ("RAY_AUTH_MODE", "disabled")])
def test_none_is_made_where_ray_needs_none(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    keep_token(make=True)
    assert not token_path().exists()
