"""Clips that sound the same: one file named twice, and the audio fingerprint where spectrograms have been built."""

from raymer.audits.finding import CHANGES, WORTH, CannotSay, Finding, Kind
from raymer.audits.rows import group_word
from raymer.corpora.base import Corpus
from raymer.features.duplicates import find_duplicates
from raymer.features.store import Spectrograms, load_spectrograms

SOUND = Kind(
    "same-sound",
    "Clips sound the same",
    CHANGES,
    "listen to the pairs; put those that are one recording into one group, or leave one of the two out",
)
FILE = Kind("same-file", "Two clips are one audio file", CHANGES, "leave one of the two out, or correct the path")


def look_at_files(corpus: Corpus) -> list[Finding]:
    """Find audio files that two clips name."""
    if "audio" not in corpus.clips:
        raise CannotSay("the corpus has no audio")
    named = corpus.clips[corpus.clips["audio"].notna()]
    twice = named[named["audio"].duplicated(keep=False)].sort_values("audio", kind="stable")
    if twice.empty:
        return []
    files = twice["audio"].unique()
    pairs = [" = ".join(twice["clip_id"][twice["audio"] == file].astype(str)) for file in files[:5]]
    return [FILE.found(len(files), len(named), f"{len(files)} files are named by more than one clip", pairs)]


def look(corpus: Corpus) -> list[Finding]:
    """Find pairs of clips that sound the same, in every log-mel folder that was built for the corpus."""
    group = dict(zip(corpus.clips["clip_id"].astype(str), corpus.clips["group"].astype(str), strict=True))
    findings = []
    for name, clips in built_spectrograms(corpus).items():
        pairs = find_duplicates(clips)
        if not pairs:
            continue
        apart = [pair for pair in pairs if group.get(pair.first) != group.get(pair.second)]
        exact = sum(pair.kind == "exact" for pair in pairs)
        where = f"{len(apart)} in different {group_word(corpus)}s" if apart else f"all within one {group_word(corpus)}"
        message = f"{len(pairs)} pairs in {name} ({exact} to the bit), {where}"
        names = [f"{pair.first} = {pair.second} ({pair.similarity:.2f})" for pair in apart or pairs]
        advice = None if apart else "nothing under folds by group; random folds put one of a pair on each side"
        findings.append(
            SOUND.found(
                len(pairs), len(clips.clip_ids), message, names, severity=CHANGES if apart else WORTH, advice=advice
            )
        )
    return findings


def built_spectrograms(corpus: Corpus) -> dict[str, Spectrograms]:
    """Return the finished log-mel folders of a corpus by name, or raise CannotSay where there is none."""
    folders = sorted((corpus.folder / "features").glob("logmel-*/manifest.json")) if corpus.folder else []
    if not folders:
        raise CannotSay("no spectrograms have been built (`raymer features DIR --kind logmel`)")
    return {manifest.parent.name: load_spectrograms(manifest.parent) for manifest in folders}
