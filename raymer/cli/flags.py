"""What rooms below call by a field's name, people call by a flag: messages are put into their words."""

import re
import shlex

FLAGS = {
    "id": "--id",
    "group": "--group",
    "targets": "--target",
    "classes": "--class",
    "numbers": "--number",
    "feature": "--feature",
    "features": "--features",
    "keep": "--keep",
    "ignore": "--ignore",
    "missing": "--missing",
    "mean_over": "--mean-over",
    "group_from": "--group-from",
    "number_rows": "--number-rows",
    "strip_zeros": "--strip-zeros",
    "stem": "--stem",
    "any_case": "--any-case",
    "encoding": "--encoding",
    "separator": "--separator",
    "decimal": "--decimal",
    "file_column": "--file-column",
    "name": "--name",
    "pool": "--pool",
}
_FIELD = re.compile(rf"(?<![\w'\"])({'|'.join(FLAGS)})=(True|'[^']*'|[A-Z][A-Z=]*\b)?")


def in_flags(message: str) -> str:
    """Return a message with fields as flags: encoding='latin-1' -> --encoding latin-1."""

    def flag(found: re.Match[str]) -> str:
        value = found[2]
        if not value or value == "True":
            return FLAGS[found[1]]
        return f"{FLAGS[found[1]]} {shlex.quote(value[1:-1]) if value.startswith(chr(39)) else value}"

    return _FIELD.sub(flag, message)
