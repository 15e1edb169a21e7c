"""The `places:` of an experiment: where its corpus and its store lie, by paths from the YAML's own folder."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from raymer.errors import UsageError
from raymer.nearest import unknown
from raymer.yaml_text import read_yaml


class Places(BaseModel):
    """Folders, from where the YAML lies, or URIs; each may be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    corpus: str | None = None
    store: str | None = None

    def beside(self, path: Path) -> "Places":
        """Return them as they are from here, where they stand in the file at `path`."""

        def from_here(place: str | None) -> str | None:
            return str(path.parent / place) if place and "://" not in place else place

        return Places(corpus=from_here(self.corpus), store=from_here(self.store))


def places_of(experiment: str) -> Places:
    """Return the places that an experiment's file names; none for one that comes with raymer, or that is not there.

    Raises
    ------
    UsageError
        When the file is no YAML, or a place is no text.
    """
    path = Path(experiment)
    if not experiment.endswith((".yaml", ".yml")) or not path.is_file():
        return Places()
    try:
        data = read_yaml(path.read_text(), path)
        said = data.get("places") if isinstance(data, dict) else None
        return Places.model_validate({} if said is None else said).beside(path)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not YAML: it is no text") from error
    except ValidationError as error:
        fault = error.errors()[0]
        if fault["type"] == "extra_forbidden":
            raise UsageError(f"{path}: places: {unknown('key', str(fault['loc'][-1]), Places.model_fields)}") from error
        raise UsageError(f"{path}: {'.'.join(map(str, ('places', *fault['loc'])))}: {fault['msg']}") from error
