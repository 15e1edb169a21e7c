"""raymer corpora: what can be imported."""

from dataclasses import asdict

from rich.text import Text

from raymer.cli.options import JsonOption
from raymer.cli.output import one_line_errors, out, print_json, say


def corpora(json: JsonOption = False) -> None:
    """List the known corpora: where each is had, its licence, layout and known faults."""
    with one_line_errors():
        from raymer.corpora.registry import IMPORTERS

        infos = [importer.info for importer in IMPORTERS.values()]
        if json:
            print_json([asdict(info) for info in infos])
            return
        for info in infos:
            out.print(Text.assemble((info.name, "bold"), f"  {info.title}"))
            out.print(f"  from    {info.where}\n  terms   {info.licence}\n  layout  {info.layout}", soft_wrap=True)
            for fault in info.faults:
                say(f"  fault   {fault}")
