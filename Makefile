# Two commands on a bare machine with Python 3.11 or newer, git and make: `make run` and `make test`.
# Everything they need is fetched from the package registries into this folder.

PYTHON ?= python3
UV := .tools/bin/uv
UV_RUN = UV_PYTHON_DOWNLOADS=never UV_PYTHON=$(PYTHON) $(UV)
PY := .venv/bin/python
FONTS := fonts-noto-cjk fonts-noto-color-emoji

.PHONY: help run test style check fix bench pictures torture browser clean

help:
	@echo "make run       the playground: one address, no token needed"
	@echo "make test      every test, on both databases and in a real browser"
	@echo "make check     style, types, architecture, words and documentation"
	@echo "make fix       let the formatter mend what it can"
	@echo "make bench     measure speed and memory"
	@echo "make pictures  make the pictures of the documentation anew"

run: .tools/run
	$(PY) -m playground

test: .tools/test browser
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not torture" --durations=20 $(ARGS)

style: .tools/test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .

check: style
	$(PY) -m pytest -q -p no:randomly tests/test_architecture.py tests/test_docs.py tests/locales

fix: .tools/test
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: .tools/test
	$(PY) -m bench

pictures: .tools/test browser
	$(PY) -m tests.acceptance.pictures

# The long forms of the ledger's proofs; at most an hour each.
torture: .tools/test
	$(PY) -m pytest -n 2 -m torture --hypothesis-profile=torture tests

# Chromium's shell, or Chromium itself where there is no such package; where nothing can be fetched, what is there.
SHELL_PACKAGES := chromium-headless-shell $(FONTS)
browser:
	@command -v chromium-headless-shell >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { timeout 45 apt-get update -qq && timeout 90 apt-get install -y -qq --download-only $(SHELL_PACKAGES) \
	    && apt-get install -y -qq $(SHELL_PACKAGES); } >/dev/null 2>&1 \
	  || command -v chromium >/dev/null \
	  || { apt-get update -qq && apt-get install -y -qq chromium $(FONTS); } >/dev/null; \
	elif ! command -v chromium >/dev/null; then \
	  echo "The browser tests need Chromium: apt-get install $(SHELL_PACKAGES)"; fi

$(UV):
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv

.tools/run: $(UV) uv.lock pyproject.toml
	@test -x $(PY) && test -e .tools/test && test ! uv.lock -nt .tools/test || $(UV_RUN) sync --frozen --no-dev --quiet
	@touch $@

.tools/test: $(UV) uv.lock pyproject.toml
	$(UV_RUN) sync --frozen --quiet
	@touch $@

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis
