"""Training of the recurrent network, in steps of whole epochs that can be stored and taken up again (paper B, 2.5)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from raymer.identity import array_hash
from raymer.learners.annotations import Coding
from raymer.learners.checkpoint import Snapshot
from raymer.learners.clips import Normalisation, Sequences, per_bin
from raymer.learners.encoders import ENCODERS
from raymer.learners.kernels import Similarity, similarity_loss
from raymer.learners.network import ClipNet, GRUEncoder, clip_features, head_of
from raymer.learners.sequences import Cutter
from raymer.learners.stage import Head
from raymer.learners.threads import one_torch_thread
from raymer.nearest import unknown

EXCERPT = 100
"""Frames of an excerpt of a spectrogram where nothing else is said: 2.5 s, as published."""
SPECIAL = ("Optimizer", "LBFGS", "SparseAdam", "Muon")  # need closures, sparse gradients, or matrices alone


def optimiser_names() -> list[str]:
    """Return the names of the torch.optim optimisers that can train the network."""
    known = vars(torch.optim).items()
    return [n for n, c in known if isinstance(c, type) and issubclass(c, torch.optim.Optimizer) and n not in SPECIAL]


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained, whatever the clips, annotations and seed.

    Attributes
    ----------
    similarity : Similarity or None
        What the features are to copy; None for direct prediction through a linear head.
    hidden : tuple of int
        Units of the GRU layers.
    encoder : mapping, optional
        Another encoder than the GRU, {"use", its parameters and its revision}; `hidden` has no effect then.
    excerpt : int or None
        Frames of the random excerpt of each clip in each epoch; None: 100 of a spectrogram, and embeddings whole.
    differences : bool or None
        Whether the network also gets the change from the frame before; None: of spectrograms, not of embeddings.
    batch : int
        At most so many clips a step; an epoch's clips are shared out evenly (the paper is silent).
    optimiser : str
        Name of a class of torch.optim.
    learning_rate : float or None
        None for the optimiser's own default (Adadelta: 1).
    device : str
        Any that torch knows. Equal bits are promised on "cpu".

    Raises
    ------
    ValueError
        For values out of range, an unknown optimiser (with the nearest name) or device.
    """

    similarity: Similarity | None = field(default_factory=lambda: Similarity.of("rbf"))
    hidden: tuple[int, ...] = (100, 50)
    excerpt: int | None = None
    batch: int = 64
    optimiser: str = "Adadelta"
    learning_rate: float | None = None
    device: str = "cpu"
    encoder: Mapping[str, Any] | None = field(default=None, hash=False)
    differences: bool | None = None

    def __post_init__(self) -> None:
        if not self.hidden or not all(_is_whole(size) and size >= 1 for size in self.hidden):
            raise ValueError(f"hidden={self.hidden!r} must be whole numbers of at least 1, one a layer")
        for name in ("excerpt", "batch"):
            value = getattr(self, name)
            if value is None and name == "excerpt":
                continue
            if not _is_whole(value) or value < 1:
                raise ValueError(f"{name}={value!r} must be a whole number of at least 1")
        if self.optimiser not in optimiser_names():
            raise ValueError(unknown("optimiser", str(self.optimiser), optimiser_names()))
        rate = self.learning_rate
        if rate is not None and not (isinstance(rate, int | float) and rate > 0 and math.isfinite(rate)):
            raise ValueError(f"learning_rate={rate!r} must be a number above 0, or None")
        try:
            torch.device(self.device)
        except (RuntimeError, TypeError) as error:
            raise ValueError(f"device={self.device!r} is none that torch knows") from error

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {**asdict(self), "hidden": list(self.hidden)}


def encoder_maker(settings: TrainingSettings) -> Callable[[int], Any]:
    """Return what makes the encoder of `settings` from the number of features a frame."""
    if settings.encoder is None:
        return lambda n_inputs: GRUEncoder(n_inputs, settings.hidden)
    chosen = {name: value for name, value in settings.encoder.items() if name not in ("use", "revision")}
    cls = ENCODERS[settings.encoder["use"]].cls
    return lambda n_inputs: cls(n_inputs, **chosen)


class Training:
    """A network on its way: `run_until(epoch)` takes it on, `snapshot` and `restore` store it and take it up again.

    An epoch is a function of the state before it, the seed and its own number: the order of the clips and their
    excerpts are drawn anew from (seed, epoch). So a training that was stored, killed and restored ends with the same
    bits as one that was not, and there is no random state to keep.

    Parameters
    ----------
    settings : TrainingSettings
    clips : Sequences
        The train clips.
    annotations : ndarray
        Of the train clips, as `coding` takes them.
    coding : Coding
        Fitted on `annotations`.
    seed : int
        Of all that is random.
    normalisation : Normalisation, optional
        Statistics of the bins; by default those of `clips`.

    Attributes
    ----------
    net : ClipNet
    clips : Sequences
    normalisation : Normalisation
    losses : list of float
        Mean loss of each epoch so far.

    Raises
    ------
    ValueError
        When clips and annotations differ in number or a frame is not finite; what `per_bin` and `Cutter` raise.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        clips: Sequences,
        annotations: np.ndarray[Any, Any],
        coding: Coding,
        seed: int,
        normalisation: Normalisation | None = None,
    ) -> None:
        if len(clips) != len(annotations):
            raise ValueError(f"{len(clips)} clips and annotations of {len(annotations)}")
        self.settings = settings
        self.losses: list[float] = []
        self.normalisation = normalisation or per_bin(clips)
        if settings.differences is not None:
            self.normalisation = replace(self.normalisation, differences=settings.differences)
        self.clips = clips
        self._coding, self._seed = coding, seed
        self._targets = torch.tensor(coding.encode(annotations), dtype=torch.float32, device=settings.device)
        n_outputs = 0 if settings.similarity else coding.n_columns
        self.net = ClipNet(encoder_maker(settings), self.normalisation.n_inputs, n_outputs, seed).to(settings.device)
        rate = {} if settings.learning_rate is None else {"lr": settings.learning_rate}
        self._optimiser = getattr(torch.optim, settings.optimiser)(self.net.parameters(), **rate)
        self._cutter = Cutter(clips, self.normalisation)
        longest = int(clips.lengths.max())
        self._frames = min(settings.excerpt or (EXCERPT if clips.is_spectrogram else longest), longest)

    @property
    def epoch(self) -> int:
        """Number of epochs done."""
        return len(self.losses)

    @one_torch_thread()
    def run_until(self, epoch: int) -> None:
        """Train until `epoch` epochs are done, on one thread.

        Raises
        ------
        FloatingPointError
            When the loss is no longer finite.
        """
        while self.epoch < epoch:
            loss = self._run_epoch(np.random.default_rng((self._seed, self.epoch + 1)))
            if not math.isfinite(loss):
                message = f"the loss of epoch {self.epoch + 1} is {loss}: a clip is not finite, or the rate too high"
                raise FloatingPointError(message)
            self.losses.append(loss)

    def features(self, clips: Sequences) -> np.ndarray[Any, Any]:
        """Return the features (n_clips, hidden[-1]), float32, of whole clips: those that an SVM is trained on."""
        return clip_features(self.net, clips, self.normalisation)

    @property
    def head(self) -> Head | None:
        """The last layer as it is now; None where the network learns a similarity."""
        return head_of(self.net, self._coding)

    def identity(self) -> dict[str, Any]:
        """Return all that decides the outcome, JSON-ready; the frames of all train clips are read once for it."""
        statistics = array_hash(self.normalisation.mean, self.normalisation.sd, self._targets.cpu().numpy())
        return {
            "settings": self.settings.to_dict(),
            "seed": self._seed,
            "clips": self.clips.fingerprint(),
            "statistics_and_targets": statistics,
            "torch": torch.__version__,
            "numpy": np.__version__,
        }

    def snapshot(self) -> Snapshot:
        """Return weights, optimiser state and losses."""
        tensors = {f"net/{name}": tensor for name, tensor in self.net.state_dict().items()}
        numbers: dict[str, Any] = {}
        for index, state in self._optimiser.state_dict()["state"].items():
            for name, value in state.items():
                key = f"optimiser/{index}/{name}"
                (tensors if isinstance(value, Tensor) else numbers)[key] = value
        return Snapshot(tensors, {"losses": list(self.losses), "optimiser": numbers})

    def restore(self, snapshot: Snapshot) -> None:
        """Take up the state that `snapshot` returned for a training of the same settings."""
        net: dict[str, Tensor] = {}
        state: dict[int, dict[str, Any]] = {}
        values: Mapping[str, Any] = {**snapshot.tensors, **snapshot.facts["optimiser"]}
        for key, value in values.items():
            part, _, name = key.partition("/")
            if part == "net":
                net[name] = value
            elif part == "optimiser":
                index, _, name = name.partition("/")
                state.setdefault(int(index), {})[name] = value
        self.net.load_state_dict(net)
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})
        self.losses = list(snapshot.facts["losses"])

    def _run_epoch(self, rng: np.random.Generator) -> float:
        """Train on one excerpt of each clip and return the mean loss."""
        lengths = self.clips.lengths
        order = rng.permutation(len(lengths))
        first = rng.integers(0, np.maximum(lengths - self._frames, 0), endpoint=True)
        total = 0.0
        for rows in np.array_split(order, -(-len(order) // self.settings.batch)):
            x, inside = (t.to(self.settings.device) for t in self._cutter.cut(rows, first[rows], self._frames))
            loss = self._loss(self.net(x, inside), self._targets[rows])
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
            total += loss.item() * len(rows)
        return total / len(order)

    def _loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """Return the similarity loss (eq. 7), or that of direct prediction: summed over targets, mean over clips."""
        if self.settings.similarity is not None:
            return similarity_loss(features, targets, self.settings.similarity)
        assert self.net.head is not None
        outputs = self.net.head(features)
        if self._coding.are_classes:
            return functional.cross_entropy(outputs, targets)
        squared: Tensor = (outputs - targets).square().sum(1).mean()
        return squared


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
