# Everything sets itself up in .venv; only Python 3.11 to 3.13 and the usual package index are needed.
PYTHON ?= python3
BIN := .venv/bin
PARTS := raymer tests benchmarks examples jobs

.PHONY: setup demo test quick check bed fuzz bench docs clean

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m raymer.learners.warm
	touch $@

demo: setup
	$(BIN)/raymer demo

# Tests start some two hundred processes: each would compile raymer anew where the environment forbids to keep bytecode.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder

# Three files at a time even on two cores, since many tests wait for processes to start; the quick ones wait for nothing.
test: check
	$(PYTEST) -n 3

quick: setup
	$(PYTEST) -n 2 -m "not slow and not bed"

check: setup
	$(BIN)/ruff check $(PARTS)
	$(BIN)/ruff format --check $(PARTS)
	$(BIN)/mypy
	$(BIN)/lint-imports

bed: setup
	$(BIN)/python -m pytest -m bed
	PYTHONPATH=tests $(BIN)/python -m beds.faults --kills 60
	PYTHONPATH=tests $(BIN)/python -m beds.ends

fuzz: setup
	PYTHONPATH=tests $(BIN)/python -m beds.fuzz
	PYTHONPATH=tests $(BIN)/python -m beds.changed_models

bench: setup
	$(BIN)/python -m benchmarks.triplet

docs: setup
	$(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf .venv demo build dist *.egg-info
