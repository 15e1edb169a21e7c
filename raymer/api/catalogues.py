"""All catalogues, by role."""

from raymer.components.catalogue import Catalogue
from raymer.corpora.registry import CORPORA
from raymer.features.catalogue import EXTRACTORS
from raymer.learners.encoders import ENCODERS
from raymer.learners.predictors import PREDICTORS
from raymer.learners.reducers import REDUCERS
from raymer.protocols.kinds import PROTOCOLS
from raymer.protocols.scoring import METRICS

CATALOGUES: dict[str, Catalogue] = {
    catalogue.role: catalogue for catalogue in (REDUCERS, PREDICTORS, ENCODERS, EXTRACTORS, PROTOCOLS, METRICS, CORPORA)
}
