"""A table for a paper: LaTeX with the rules of booktabs."""

from raymer.plain import visible
from raymer.reports.text_table import Column, TextTable

ESCAPES = {
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    **{mark: f"{{{mark}}}" for mark in "[]"},  # behind the end of a row a bracket would be its option
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "×": r"$\times$",
}


def latex(table: TextTable) -> str:
    """Return `table` as a LaTeX table environment; it needs the package booktabs."""
    head, lines, foot = latex_parts(table)
    return "\n".join([head, *lines, foot, ""])


def latex_parts(table: TextTable) -> tuple[str, list[str], str]:
    """Return what `latex` joins: all above the rows, a line a row, and all below them."""
    names = " & ".join(_text(column.name) for column in table.columns)
    lines = [" & ".join(_cell(*pair) for pair in zip(table.columns, row, strict=True)) for row in table.rows]
    head = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{_text(table.title)}}}",
        f"  \\begin{{tabular}}{{{''.join('r' if column.is_number else 'l' for column in table.columns)}}}",
        r"    \toprule",
        f"    {names} \\\\",
        r"    \midrule",
    ]
    foot = [r"    \bottomrule", r"  \end{tabular}", r"\end{table}"]
    return "\n".join(head), [f"    {line} \\\\" for line in lines], "\n".join(foot)


def _cell(column: Column, text: str) -> str:
    if column.is_number and text.startswith("-"):
        return f"${text[0]}${_text(text[1:])}"
    return _text(text)


def _text(text: str) -> str:
    return "".join(ESCAPES.get(mark, mark) for mark in visible(text, lines=False))
