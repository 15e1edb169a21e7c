"""Reading experiments: those that come with raymer, by name, and others from files."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from raymer.errors import UsageError
from raymer.experiments.spec import Experiment, first_fault
from raymer.nearest import unknown
from raymer.yaml_text import read_yaml


def experiment_names() -> list[str]:
    """Return the names of the experiments that come with raymer."""
    folder = files("raymer.experiments")
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def load_experiment(name_or_path: str | Path) -> Experiment:
    """Read an experiment by its name, or from a YAML file by its path.

    Raises
    ------
    UsageError
        For an unknown name, a missing file, or one line on the first key or value that is wrong, with the nearest
        valid name where there is one.
    """
    name_or_path = str(name_or_path)
    if name_or_path.endswith((".yaml", ".yml")):
        path = Path(name_or_path)
        if not path.is_file():
            raise UsageError(f"experiment file {path} is missing")
        try:
            text = path.read_text()
        except UnicodeDecodeError as error:
            raise UsageError(f"{path} is not YAML: it is no text") from error
    elif name_or_path in experiment_names():
        text = (files("raymer.experiments") / f"{name_or_path}.yaml").read_text()
    else:
        raise UsageError(unknown("experiment", name_or_path, experiment_names()))
    folder = Path(name_or_path).parent if name_or_path.endswith((".yaml", ".yml")) else None
    return parse_experiment(text, name_or_path, folder)


def parse_experiment(text: str, origin: str, folder: Path | None = None) -> Experiment:
    """Read an experiment from YAML `text`; `origin` names it in errors (UsageError).

    Files that its protocols name are looked for below `folder`, where one is given.
    """
    data = read_yaml(text, origin)
    if folder is not None:
        _find_files(data, folder)
    if not isinstance(data, dict):
        raise UsageError(f"{origin} holds no experiment: a mapping with name, corpus, systems is expected")
    try:
        return Experiment.model_validate(data)
    except UsageError as error:
        raise UsageError(f"{origin}: {error}") from error
    except ValidationError as error:
        raise UsageError(f"{origin}: {first_fault(error)}") from error


def files_of(path: Path) -> list[Path]:
    """Return the files of given splits that an experiment names, by its text alone; none where it is no YAML."""
    try:
        data = read_yaml(path.read_text(), path)
    except (UsageError, UnicodeDecodeError):
        return []
    return list(dict.fromkeys(_find_files(data, path.parent)))


def _find_files(data: Any, folder: Path) -> list[Path]:
    """Put the files of given splits below the folder that the YAML lies in, and return them."""
    found = []
    rules = data.get("protocols") if isinstance(data, dict) else None
    for rule in rules.values() if isinstance(rules, dict) else ():
        if isinstance(rule, dict) and isinstance(rule.get("file"), str):
            found.append(folder / rule["file"])
            rule["file"] = str(found[-1])
    return found
