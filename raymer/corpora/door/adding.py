"""Tables of features of a corpus' clips from a file: a row a clip, or a vector an id."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from raymer.corpora.base import Corpus, Input
from raymer.corpora.door.arrays import Arrays
from raymer.corpora.door.build import assign_other, input_of
from raymer.corpora.door.ids import AS_THEY_STAND, Matching
from raymer.corpora.door.questions import Question, Questions
from raymer.corpora.door.reading import PLAIN, Reading, read_data
from raymer.corpora.door.roles import RoleOptions, Roles, stay_text


def read_inputs(
    corpus: Corpus,
    path: Path,
    name: str,
    options: RoleOptions | None = None,
    *,
    how: Matching = AS_THEY_STAND,
    reading: Reading = PLAIN,
    missing: str | None = None,
    arrays: Arrays | None = None,
) -> tuple[list[Input], dict[str, Any]]:
    """Return the inputs that `path` holds for the clips of `corpus`, and what to note.

    Parameters
    ----------
    corpus : Corpus
    path : Path
        A table, or arrays of which each is a vector.
    name : str
    options : RoleOptions, optional
        The id's columns, and the roles of others; targets are the corpus' own.
    how, reading, missing
        As in an import.
    arrays : Arrays, optional
        What `path` holds, where it is no table.

    Raises
    ------
    Questions
        Where columns are doubtful.
    UsageError, RaymerError
        When the file is no table, or its ids do not match.
    """
    said = options or RoleOptions()
    usual = _id_columns(corpus)
    if arrays is not None:
        data = arrays.table(may_miss=missing is not None)
    else:
        data = read_data(path, reading, lambda names: [*stay_text(names, said, str(path)), *usual])
    if arrays is not None:
        said = replace(said, id=("clip_id",))
    labels = Roles(usual, None, {target.name: target.kind for target in corpus.targets})
    roles = assign_other(data, replace(said, drop_columns=missing == "drop-columns"), labels)
    if arrays is not None:  # columns of an array have no names that could be doubtful
        roles.questions = [question for question in roles.questions if question.code in ("empty", "counts-rows")]
    if roles.questions:
        raise Questions(data.source, [_without_keep(question) for question in roles.questions])
    roles.ignored |= dict.fromkeys(roles.kept, "no number")
    roles.kept = []
    return input_of(name, data, roles, corpus.clips["clip_id"].tolist(), how, missing)


def _id_columns(corpus: Corpus) -> tuple[str, ...]:
    """Return the columns that the corpus' ids were made of, where its import says so."""
    ids = corpus.notes.get("columns", {}).get("id")
    return tuple(ids) if isinstance(ids, list) else ()


def _without_keep(question: Question) -> Question:
    """Nothing is kept beside the clips when features are added later: what would be is left out."""
    choices = tuple(choice for choice in question.choices if choice != "keep")
    return replace(question, choices=choices, proposal="ignore")
