# Everything bootstraps itself: Python 3.11+, git and a package registry are all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup ui js serve test lint bench demo screenshots soak lock generate clean

setup: $(VENV)/.server  ## .venv with all that serving needs, and the web UI
	@$(MAKE) --no-print-directory ui || echo "  The web UI could not be built: the server runs without it."

ui: $(VENV)/.node  ## build the web UI where it is older than its sources
	@$(BIN)/python ui_api/web/ui_build.py

js: $(VENV)/.node  ## build the JavaScript SDK where it is older than its sources
	@$(BIN)/python sdk/js/js_build.py

serve: setup  ## run the server; stop it with Ctrl-C
	@$(BIN)/tracehouse serve $(ARGS)

test: $(VENV)/.dev $(VENV)/.frameworks $(VENV)/.emitters $(VENV)/.system ui js  ## the whole test suite, soaks excepted
	$(BIN)/python ui_api/web/ui_build.py test
	$(BIN)/python sdk/js/js_build.py test
	$(BIN)/pytest -m "not soak" -n auto --dist loadfile $(ARGS)

lint: $(VENV)/.dev ui js  ## style, types, arrows, fresh generated files, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tracehouse_semconv.generate --check
	$(BIN)/lint-imports
	$(BIN)/pyright
	$(BIN)/python ui_api/web/api_types.py --check
	$(BIN)/python ui_api/web/ui_build.py check budget
	$(BIN)/python sdk/js/js_build.py check budget
	$(BIN)/python requirements/audit.py

generate: $(VENV)/.dev $(VENV)/.node  ## write what is made from semconv/registry and from the API
	$(BIN)/python -m tracehouse_semconv.generate
	$(BIN)/python ui_api/web/api_types.py

demo: $(VENV)/.dev ui js  ## a server with a believable week in it, and five questions to it; ARGS="--once --examples"
	@$(BIN)/python examples/demo.py $(ARGS)

screenshots: $(VENV)/.dev $(VENV)/.system ui  ## take the pictures in docs/images anew, of the demo's week
	$(BIN)/python -m docs.screenshots $(ARGS)

bench: $(VENV)/.bench js  ## side by side with peers; prints a table
	$(BIN)/python -m bench $(ARGS)

soak: $(VENV)/.dev  ## the long tests
	$(BIN)/pytest -m soak $(ARGS)

lock: $(VENV)/.dev  ## resolve the versions in requirements/ anew
	$(BIN)/python requirements/lock.py

clean:
	rm -rf $(VENV) build dist

# A stamp each: the environment grows from serving to testing to measuring.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.server: requirements/server.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/server.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

# What builds the web UI and the JavaScript SDK, where the machine has no Node.
$(VENV)/.node: requirements/ui.txt $(VENV)/.server
	command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/ui.txt
	@touch $@

LANGFUSE := 2 4 5

$(VENV)/.dev: requirements/dev.txt requirements/old-client.txt $(LANGFUSE:%=requirements/langfuse-%.txt) $(VENV)/.server
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade \
		--target $(VENV)/old-client -r requirements/old-client.txt
	for version in $(LANGFUSE); do $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps --upgrade --target $(VENV)/langfuse-$$version \
		-r requirements/langfuse-$$version.txt || exit 1; done
	@touch $@

# An environment of its own for other people's libraries, whose versions are not ours to choose.
$(VENV)/.frameworks: requirements/frameworks.txt requirements/real-wandb.txt | $(VENV)/.server
	$(PYTHON) -m venv $(VENV)/frameworks
	$(VENV)/frameworks/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(VENV)/frameworks/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/frameworks.txt
	$(VENV)/frameworks/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	$(VENV)/frameworks/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade \
		--target $(VENV)/real-wandb -r requirements/real-wandb.txt
	@touch $@

# And one for clients of models and what instruments them.
$(VENV)/.emitters: requirements/emitters.txt | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/emitters
	$(VENV)/emitters/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/emitters.txt
	@touch $@

# PostgreSQL, for the tests that keep metadata in it; Chromium, for those that look at the web UI; tmux
# and shellcheck, for those of the recorder. From the system's packages: this needs root.
$(VENV)/.system: | $(VENV)/bin/python
	(ls /usr/lib/postgresql/*/bin/initdb && command -v chromium && command -v tmux \
		&& command -v shellcheck) >/dev/null 2>&1 \
		|| (apt-get update --quiet && DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes \
		--no-install-recommends chromium postgresql tmux shellcheck)
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@
