"""The files for clusters, as far as they can be checked without one: Ray's schema, KubeRay's keys, versions, users."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

import raymer

ROOT = Path(__file__).parents[2]
PINNED = dict(
    line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line and line[0] != "#"
)


@pytest.fixture(scope="module")
def cluster() -> dict:
    return yaml.safe_load((ROOT / "cluster.yaml").read_text())


@pytest.fixture(scope="module")
def rayjob() -> dict:
    return yaml.safe_load((ROOT / "deploy" / "rayjob.yaml").read_text())


def test_cluster_yaml_is_what_ray_up_takes(cluster):
    from ray.autoscaler._private.util import prepare_config, validate_config

    prepared = prepare_config(cluster)
    validate_config(prepared)
    head, worker = (prepared["available_node_types"][name] for name in ("head", "worker"))
    assert head["resources"] == {"CPU": 0}, "a head without fits"
    assert worker["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
    assert worker["min_workers"] <= worker["max_workers"] <= prepared["max_workers"]
    assert "InstanceMarketOptions" not in head["node_config"], "a head is not to be taken away"


def test_a_misspelt_key_would_be_seen(cluster):
    from jsonschema import ValidationError
    from ray.autoscaler._private.util import prepare_config, validate_config

    with pytest.raises(ValidationError, match="idle_timeout_minuts"):
        validate_config(prepare_config({**cluster, "idle_timeout_minuts": 5}))


def test_the_cluster_is_closed_and_pinned(cluster):
    head, workers = (" ".join(cluster[f"{kind}_start_ray_commands"]) for kind in ("head", "worker"))
    assert "--dashboard-host=127.0.0.1" in head
    assert "--num-cpus=0" in head
    for start in (head, workers):
        assert "--disable-usage-stats" in start
    setup = " ".join(cluster["setup_commands"])
    assert "RAY_AUTH_MODE=token" in setup
    assert "RAY_USAGE_STATS_ENABLED=0" in setup
    assert "--constraint ~/raymer/constraints.txt" in setup
    assert cluster["file_mounts"]["~/.ray/auth_token"] == "~/.ray/auth_token"
    for source in cluster["file_mounts"].values():
        assert source.startswith("~") or (ROOT / source).exists(), source
    for kind in ("setup", "head_start_ray", "worker_start_ray"):
        for line in cluster[f"{kind}_commands"]:
            assert subprocess.run(["bash", "-n", "-c", line]).returncode == 0, line


def test_rayjob_has_what_kuberay_requires(rayjob):
    assert (rayjob["apiVersion"], rayjob["kind"]) == ("ray.io/v1", "RayJob")
    spec = rayjob["spec"]
    assert spec["shutdownAfterJobFinishes"] is True
    ray = spec["rayClusterSpec"]
    assert ray["rayVersion"] == PINNED["ray"]
    assert ray["authOptions"] == {"mode": "token"}
    groups = [ray["headGroupSpec"], *ray["workerGroupSpecs"]]
    assert ray["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for group in groups:
        assert all(isinstance(value, str) for value in group["rayStartParams"].values()), "KubeRay wants text"
        pod = group["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            assert re.fullmatch(rf"REGISTRY/raymer:{re.escape(raymer.__version__)}", container["image"])
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert {"requests", "limits"} <= set(container["resources"])
    for group in ray["workerGroupSpecs"]:
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
        assert group["groupName"]


def test_the_job_of_rayjob_is_a_command_that_raymer_takes(rayjob):
    from typer.main import get_command

    from raymer.cli.main import app
    from raymer.experiments.loading import experiment_names

    program, verb, *words = shlex.split(rayjob["spec"]["entrypoint"])
    params = get_command(app).commands[verb].make_context(verb, words).params
    assert program == "raymer"
    assert params["name"] in experiment_names()
    assert params["address"] == "auto"
    assert params["store"].startswith("s3://")
    assert params["corpus"].startswith("s3://")


def instructions(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines() if line.strip()]


def test_the_image_is_pinned_and_not_root():
    found = instructions((ROOT / "deploy" / "Dockerfile").read_text())
    known = {"FROM", "RUN", "WORKDIR", "COPY", "ARG", "ENV", "USER"}
    assert {word for word, _ in found} <= known
    assert found[0][0] == "FROM"
    base = re.fullmatch(r"python:(3\.11\.\d+)-slim-bookworm", found[0][1])
    assert base, "a base image of one version"
    assert [rest for word, rest in found if word == "USER"][-1] == "1000"
    installs = [rest for word, rest in found if word == "RUN" and "pip install" in rest]
    assert installs
    assert all("--constraint constraints.txt" in rest for rest in installs)
    for word, rest in found:
        if word == "COPY":
            *sources, _ = shlex.split(rest)
            assert all((ROOT / source).exists() for source in sources)
        if word == "RUN":
            shlex.split(rest)
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[0] == "*", "nothing goes into the image that is not named"


def test_nothing_secret_stands_in_the_files():
    for path in (ROOT / "cluster.yaml", *(ROOT / "deploy").iterdir()):
        text = path.read_text()
        assert not re.search(r"AKIA[0-9A-Z]{16}|aws_secret|password", text, re.IGNORECASE), path.name
