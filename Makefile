# Needs make and Python 3.11 or newer, nothing else: `make demo`, `make test`.
# Another interpreter: make PYTHON=python3.12 (after `make clean`, if .venv is there already).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip install -qq --disable-pip-version-check
BENCH := .venv-bench
INTO_BENCH = $(BENCH)/bin/python -m pip install -qq --disable-pip-version-check
# a process for each core, each with whole files of tests
BESIDE_EACH_OTHER := -n auto --dist loadfile
# what tests read beside the package; copied out of the checkout to test the installed wheel
BESIDE := tests setup.cfg requirements.lock .importlinter $(wildcard samples docs benchmarks *.md)

.PHONY: lock audit help venv demo demo-cash bench bench-cash bench-books bench-collect test faults docs screenshots lint types layers wheel check clean
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

# In two steps: the demo needs no tools, and somebody waits for it.
$(VENV)/.tillpost: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, for example: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "making $(VENV) and installing tillpost in it; this may take half a minute"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --editable .
	@touch $@

venv: $(VENV)/.stamp ## .venv with tillpost (editable) and the tools
$(VENV)/.stamp: $(VENV)/.tillpost
	@echo "installing the tools that tests and checks need"
	@$(PIP) --editable '.[dev]'
	@touch $@

demo: $(VENV)/.tillpost ## the main job on samples/, in a temporary root
	@$(BIN)/python samples/demo.py

demo-cash: $(VENV)/.tillpost ## a day at a cash machine, in simulated time
	@$(BIN)/python samples/demo_cash.py

# The peers and queues that tillpost is compared with, and tillpost as users install it: tests and checks need none of it.
$(BENCH)/.stamp: setup.cfg
	@echo "making $(BENCH) with what tillpost is compared with"
	@$(PYTHON) -m venv $(BENCH)
	@$(INTO_BENCH) '.[bench]'
	@touch $@

bench: $(BENCH)/.stamp ## the feed beside xmllint and what people write for it, into benchmarks/RESULTS.md: hours; SIZE=100k ONLY=first
	@rm -rf build/lib && $(INTO_BENCH) --no-deps --force-reinstall . && rm -rf build/lib
	@mkdir -p build/node && cp benchmarks/peers/saxes/package.json build/node
	@npm install --silent --prefix build/node || echo "saxes cannot be installed here"
	@$(BENCH)/bin/python benchmarks/bench.py $(or $(SIZE),10k 100k 1M) $(if $(ONLY),--only $(ONLY))

bench-cash: $(VENV)/.tillpost ## how long a poll round and the change take, beside something that is known
	@$(BIN)/python benchmarks/cash.py

bench-books: $(VENV)/.tillpost ## how long a reconciliation's questions take, beside a trivial one; SIZE=1000000 receipts
	@$(BIN)/python benchmarks/books.py $(or $(SIZE),100000) $(URL)

bench-collect: $(VENV)/.tillpost ## how many receipts a second are booked, beside bare inserts of the same rows; SIZE=1000000 receipts
	@$(BIN)/python benchmarks/collect.py $(or $(SIZE),100000)

test: venv ## every test that needs no outside server; ARGS="-k chunk" to choose
	$(BIN)/pytest $(BESIDE_EACH_OTHER)$(if $(ARGS), $(ARGS))

faults: venv ## tests/faults in full, with its figures: hours; ARGS="-k feed" to choose, TRIES=50 of each fault
	TILLPOST_FAULTS=$(or $(TRIES),1) nice $(BIN)/pytest -q tests/faults$(if $(ARGS), $(ARGS))

docs: venv ## writes the tables and diagrams of the documents anew, from the program itself
	$(BIN)/pytest -q tests/test_docs.py tests/test_cash_docs.py --accept

screenshots: venv ## docs/screens: pictures of the pages, made anew; needs Chromium
	$(BIN)/pytest -q tests/web/test_screens.py --accept

# Tools of their own, in an environment of their own: nothing else needs them.
build/audit/.stamp: setup.cfg
	@$(PYTHON) -m venv build/audit
	@build/audit/bin/python -m pip install -qq --disable-pip-version-check \
	    $$(sed -n '/^audit =/,/^[a-z]* =$$/ s/^ *\(pip-[a-z]*\) \(.*\)/"\1\2"/p' setup.cfg | xargs)
	@touch $@

lock: build/audit/.stamp ## requirements.lock anew: what a deployment installs, each file with its hash
	@( echo "# What a deployment installs, by version and hash: pip install --require-hashes -r requirements.lock"; \
	   echo "# With the extras essp, postgres and web; for Linux, Python 3.11 or newer. Made by: make lock" ) > build/lock
	@build/audit/bin/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url \
	    --no-emit-find-links --no-emit-trusted-host --extra essp --extra postgres --extra web $(ARGS) -o build/lock.txt setup.cfg
	@cat build/lock build/lock.txt > requirements.lock && rm build/lock build/lock.txt

audit: ## whether a hole is known in what requirements.lock names; says so where nobody answers
	@$(MAKE) -s build/audit/.stamp || echo "audit: pip-audit cannot be installed here"
	@$(PYTHON) .ci/audit build/audit/bin/pip-audit

lint: venv
	$(BIN)/ruff check .

# The repository is the package: mypy finds it under its name through a link. Not in build/, which mypy.ini leaves out:
# there it would find nothing, and be content.
types: venv
	@mkdir -p $(VENV)/src && ln -sfn "$(CURDIR)" $(VENV)/src/tillpost
	MYPYPATH=$(VENV)/src $(BIN)/mypy -p tillpost
	MYPYPATH=$(VENV)/src:benchmarks:benchmarks/peers \
	    $(BIN)/mypy --explicit-package-bases benchmarks/*.py benchmarks/peers/*.py

layers: venv
	$(BIN)/lint-imports

# sdist, the wheel made from that sdist, and the tests against the installed wheel, outside the checkout; without the
# sweeps, which `test` has done and which no packaging changes.
wheel: venv
	@rm -rf build/dist build/installed && mkdir -p build
	$(BIN)/python -m build --outdir build/dist . > build/build.log 2>&1 || { cat build/build.log; exit 1; }
	@$(PYTHON) -m venv build/installed
	@build/installed/bin/python -m pip install -qq --disable-pip-version-check "$$(echo build/dist/*.whl)[test]"
	@away=$$(mktemp -d) && trap 'rm -rf "$$away"' EXIT && cp -R $(BESIDE) "$$away" && cd "$$away" && \
	    "$(CURDIR)/build/installed/bin/tillpost" --version && \
	    "$(CURDIR)/build/installed/bin/pytest" $(BESIDE_EACH_OTHER) -p no:cacheprovider -m "not sweep"

check: lint types layers test wheel ## test, and all that CI asks for

clean: ## removes what make has made
	rm -rf $(VENV) $(BENCH) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
