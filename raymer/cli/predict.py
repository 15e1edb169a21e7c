"""raymer predict: what a saved model says of new audio, with intervals, as a table, CSV, JSON or a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from raymer.cli.options import JsonOption
from raymer.cli.output import err, out, print_json
from raymer.cli.verb import WithoutGPU, verb
from raymer.engine.machine import LOCAL, Machine
from raymer.plain import visible

if TYPE_CHECKING:
    from raymer.models.model import Model, Predictions

SHOWN = 40


@verb
def predict(
    model: Annotated[Path, typer.Argument(help="Folder of a model, made by `raymer fit`.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Audio files, or folders of them.", show_default=False)
    ] = None,
    features_table: Annotated[
        Path | None, typer.Option(help="CSV or Parquet of the model's features by name, instead of audio.")
    ] = None,
    id_: Annotated[
        str | None,
        typer.Option("--id", help="Column of --features-table with the clip's id [default: song_id, clip_id or id]."),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the predictions as CSV.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw them on the plane of valence and arousal: .png, .svg or .pdf.")
    ] = None,
    level: Annotated[float, typer.Option(help="Share of new clips that the intervals are to hold.")] = 0.9,
    json: JsonOption = False,
    machine: WithoutGPU = LOCAL,
) -> None:
    """Predict audio files with a saved model; a broken file costs one line, and exit code 1 at the end."""
    from raymer.models.loading import load_model

    _check_use(files, features_table, id_, machine)
    loaded = load_model(model)
    if picture is not None:
        _check_picture(loaded, picture)
    if features_table is not None:
        from raymer.engine.predict import predict_table

        made = predict_table(loaded, features_table, id_column=id_, level=level)
    else:
        made = _predict_audio(loaded, files or [], level, machine)
    if csv is not None:
        _write_csv(made, csv)
    if picture is not None and len(made.frame):
        _draw(loaded, made, picture)
    _warn(loaded, made)
    if json:
        print_json(made.records())
    elif csv is None:
        _print(loaded, made)
    if made.broken:
        raise typer.Exit(1)


def _check_use(files: list[Path] | None, features_table: Path | None, id_column: str | None, machine: Machine) -> None:
    from raymer.errors import UsageError

    if bool(files) == (features_table is not None):
        raise UsageError("give audio files or folders, or else --features-table")
    if id_column is not None and features_table is None:
        raise UsageError("--id names a column of --features-table: without one it has no effect")
    if features_table is not None and machine.given:
        raise UsageError(f"a table is predicted in this process: --{machine.given[0]} would have no effect")


def _check_picture(model: "Model", picture: Path) -> None:
    from raymer.errors import UsageError
    from raymer.reports.plot import check_format
    from raymer.reports.prediction import AXES

    check_format(picture)
    numbers = [target.name for target in model.targets if target.kind == "number"]
    missing = [name for name in AXES if name not in numbers]
    if missing:
        raise UsageError(f"--picture needs valence and arousal: this model does not predict {missing[0]}")


def _predict_audio(model: "Model", paths: list[Path], level: float, machine: Machine) -> "Predictions":
    from raymer.engine.predict import find_files, predict_files

    files = find_files(paths)
    if model.source is not None and (changed := model.source.changed_versions()):
        err.print(f"note: the model's features were made with other versions: {', '.join(changed)}")

    def show(done: int) -> None:
        if err.is_terminal and len(files) > SHOWN:
            err.print(f"predict: {done} of {len(files)} files", end="\r")

    return predict_files(model, files, level=level, machine=machine, on_progress=show)


def _write_csv(made: "Predictions", path: Path) -> None:
    from raymer.errors import RaymerError
    from raymer.plain import csv_frame
    from raymer.whole import written

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written(path) as new:
            csv_frame(made.frame).to_csv(new, index=False)
    except OSError as error:
        raise RaymerError(f"{path} cannot be written: {error.strerror or error}") from error


def _draw(model: "Model", made: "Predictions", path: Path) -> None:
    from raymer.reports.plot import write_plot
    from raymer.reports.prediction import make_plane

    scales = {target.name: (target.low, target.high) for target in model.targets}
    write_plot(make_plane(made.frame, scales, model.card["system"]), path)


def _warn(model: "Model", made: "Predictions") -> None:
    """Name on stderr the broken files, and those that are unlike what the model was fitted on."""
    for item in made.broken:
        err.print(visible(f"broken: {item.file}: {item.reason}", lines=False), style="red")
    unlike = made.frame[made.frame["unlike"]] if len(made.frame) else made.frame
    corpus = model.card["corpus"]["name"]
    for row in unlike.head(SHOWN).to_dict("records"):
        words = f"unlike the clips of {corpus}: {row['distance']:.1f} times as far from them as 99 % of them are"
        err.print(visible(f"warning: {row['clip']} is {words}", lines=False), style="yellow")
    if len(unlike) > SHOWN:
        err.print(f"warning: and {len(unlike) - SHOWN} more", style="yellow")


def _print(model: "Model", made: "Predictions") -> None:
    table = Table(title=f"{model.card['system']} on {model.card['corpus']['name']}", title_justify="left")
    table.add_column("clip", overflow="fold")
    for target in model.targets:
        known = target.kind == "number" and target.low is not None and target.high is not None
        scale = f" ({target.low:g} to {target.high:g})" if known else ""
        table.add_column(f"{target.name}{scale}", justify="right")
    for row in made.frame.to_dict("records"):
        table.add_row(str(row["clip"]), *(_cell(row, target.name) for target in model.targets))
    out.print(table)


def _cell(row: dict[str, object], target: str) -> str:
    value = row[target]
    if not isinstance(value, float):
        share = row.get(f"{target}_p_{value}")
        return str(value) + ("" if share is None else f" ({share:.2f})")
    low, high = row.get(f"{target}_low"), row.get(f"{target}_high")
    return f"{value:.2f}" if low is None else f"{value:.2f} [{low:.2f}, {high:.2f}]"
