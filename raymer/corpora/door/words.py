"""What names of columns say: parts of a name, words for labels, folds, times and groups."""

import re

SPREAD = {
    "mean", "avg", "average", "median", "std", "sd", "stdev", "stddev", "var", "variance", "se", "sem", "ci",
    "min", "max", "count", "n", "num", "sum", "static", "dynamic", "norm", "normalized", "normalised",
    "scaled", "z", "raw", "label", "labels", "score", "scores", "rating", "ratings", "rated", "value", "val",
    "target", "annotation", "gold", "true", "pred", "predicted", "prediction", "error", "kappa", "alpha",
    "agreement", "diff", "delta", "rank", "class", "bin", "code", "id", "is", "has", "the", "of", "song",
    "clip", "level", "old", "new", "orig", "original", "q", "x", "y",
}  # fmt: skip
"""Parts of a name that say how a label was summed up, not which it is."""
DIMENSIONS = {
    "valence", "arousal", "dominance", "activation", "pleasure", "pleasantness", "liking", "familiarity",
    "emotion", "emotions", "mood", "quadrant", "happy", "happiness", "sad", "sadness", "angry", "anger",
    "fear", "tender", "tenderness", "calm", "calmness", "joy", "joyful", "amazement", "solemnity",
    "nostalgia", "transcendence", "surprise", "disgust", "relaxed", "peaceful", "peacefulness", "excitement",
    "wonder",
}  # fmt: skip
"""Words for what listeners feel: one of them beside another that is a target is a label too."""
_GROUPS = {
    "artist", "album", "singer", "speaker", "subject", "participant", "listener", "rater", "annotator",
    "worker", "user", "composer", "performer", "song", "track", "clip", "piece", "recording", "session",
    "patient", "person", "group", "genre", "label", "class", "category", "target", "cluster", "playlist",
    "band", "author", "id", "uid", "gid", "pid", "isrc", "item", "trial", "sample", "instance",
}  # fmt: skip
_COUNTERS = {"index", "idx", "row", "rows", "rownum", "rownumber", "line", "lineno", "serial", "nr", "no", "order"}
_FOLDS = {
    "fold",
    "folds",
    "split",
    "splits",
    "partition",
    "cv",
    "holdout",
    "istrain",
    "istest",
    "train",
    "test",
    "subset",
}
_FRAMES = {"frame", "frames", "nframes", "numframes", "windows", "votes", "raters", "annotators", "nraters", "workers"}
_TIME = re.compile(
    r"(start|begin|end|stop|onset|offset|seg(ment)?|excerpt|clip|release|recording|recorded|annotation|created|updated)?"
    r"(start|begin|end|stop|time|times|timestamp|date|datetime|year|month|day|epoch|created|updated|released|decade)"
    r"(s|sec|secs|seconds|ms|min|utc|time|at)?"
)


def parts(name: str) -> list[str]:
    """Return the words of a name in lower case: "Valence(mean)", "valenceMean" -> ["valence", "mean"]."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+|\d+", spaced.lower())


def stem(name: str) -> tuple[str, ...]:
    """Return the words of a name that say which label it is; all where none is left."""
    words = parts(name)
    return tuple(word for word in words if word not in SPREAD and not word.isdigit()) or tuple(words)


def shares_stem(name: str, target: str) -> bool:
    """Return whether `name` holds all that tells which label `target` is: valence_std, mean_valence, valence.1."""
    wanted, words = stem(target), parts(name)
    if all(word in SPREAD or word.isdigit() or len(word) == 1 for word in wanted):
        return stem(name) == wanted  # the target's name says little: only that very name counts
    places = [k for k in range(len(words) - len(wanted) + 1) if tuple(words[k : k + len(wanted)]) == wanted]
    return bool(places)


def is_other_dimension(name: str, target: str) -> bool:
    """Return whether both are words for what listeners feel, and nothing else: arousal beside valence."""
    one, two = stem(name), stem(target)
    return bool(set(two) & DIMENSIONS) and set(one) <= DIMENSIONS and one != two


def says_fold(name: str) -> bool:
    """Return whether a name is that of folds or parts of a split."""
    words = parts(name)
    return bool(words) and (words[0] in _FOLDS or words[-1] in _FOLDS) and len(words) <= 3


def says_time(name: str) -> bool:
    """Return whether a name is that of a date, a year or a place in time."""
    return bool(_TIME.fullmatch("".join(parts(name))))


def says_count(name: str) -> bool:
    """Return whether a name is that of a count of frames or raters."""
    words = parts(name)
    return bool(set(words) & _FRAMES) and len(words) <= 3


def says_group(name: str) -> bool:
    """Return whether a name is that of someone or something that rows belong to, or of an id."""
    words = parts(name)
    return bool(words) and words[-1] in _GROUPS and len(words) <= 3


def says_counter(name: str) -> bool:
    """Return whether a name is that of a row's number."""
    words = parts(name)
    return bool(words) and words[-1] in _COUNTERS and len(words) <= 2
