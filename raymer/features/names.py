"""The grammar of openSMILE's feature names."""

import re
from collections.abc import Sequence


def feature_groups(names: Sequence[str]) -> list[int]:
    """Return the group of each openSMILE feature: its base descriptor (paper A, tables I and II), as a number.

    What stands before `_sma`, or before a band or a number, is the base: `audSpec_Rfilt_sma_de[3]_stddev` belongs to
    `audSpec_Rfilt`. Groups are numbered as they first appear.
    """
    bases = [re.split(r"_sma|\[|\d+$", name, maxsplit=1)[0] for name in names]
    number = {base: k for k, base in enumerate(dict.fromkeys(bases))}
    return [number[base] for base in bases]
