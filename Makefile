# The commands of this project. Each installs what it needs; running one again costs next to nothing.

# `make setup PYTHON=...` chooses the Python of .venv.
RUN = .venv/bin/python -m
PYTEST = $(RUN) pytest -W error -n 2 --dist loadfile --no-loadscope-reorder

# `make up OPTIONS=--sandbox`, then the same with `make status` and `make down`.
OPTIONS =

# `make demo ONCE=1` ends by itself.
ONCE =

.PHONY: help up down status setup setup-tests setup-services lint demo check test test-full docs screenshots clean

help:
	@echo "make setup      create .venv and install what the program needs"
	@echo "make demo       crawl the sandbox, show deals, messages and watches, and serve the panel until Ctrl-C"
	@echo "                (make demo ONCE=1 ends by itself)"
	@echo "make up         start Scrapyd, the scheduler and the dispatcher, and deploy the code"
	@echo "make status     show what runs"
	@echo "make down       stop everything that make up has started"
	@echo "make check      lint, types and the fast tests, in about a minute"
	@echo "make test       lint, types and all tests, as CI runs them"
	@echo "make test-full  the same, with the heaviest tests at full size"
	@echo "make docs       update generated pages and schemas, and build the manual into site/"
	@echo "make screenshots  write pictures of all pages of the panel into docs/screenshots"
	@echo "make clean      remove what these targets created, except data/"

setup:
	@deploy/setup.sh requirements.txt

setup-tests:
	@deploy/setup.sh requirements-dev.txt

setup-services: setup-tests
	@deploy/install-chromium.sh
	@deploy/install-postgresql.sh
	@deploy/install-systemd.sh
	@deploy/install-node-packages.sh

demo: setup
	@deploy/install-chromium.sh
	@ONCE=$(ONCE) .venv/bin/python -m deploy.demo

up: setup
	@[ -e .env ] || $(RUN) scrapy setup --yes | head -1
	@$(RUN) scrapy up --background $(OPTIONS)

down: setup
	@$(RUN) scrapy down $(OPTIONS)

status: setup
	@$(RUN) scrapy status $(OPTIONS) || true

lint: setup-tests
	@echo "==> ruff check"
	@$(RUN) ruff check .
	@echo "==> ruff format --check"
	@$(RUN) ruff format --check .
	@echo "==> mypy --strict"
	@$(RUN) mypy

check: lint
	@echo "==> pytest, fast tests"
	@$(PYTEST) --dist worksteal -m "not slow and not browser and not postgres"

test: setup-services lint
	@echo "==> pytest"
	@$(PYTEST)

test-full: setup-services lint
	@echo "==> pytest --full"
	@$(PYTEST) --full

docs: setup-tests
	@$(RUN) scripts.programs_page
	@$(RUN) scripts.event_schemas
	@$(RUN) scripts.offer_fields_page
	@$(RUN) scripts.watch_pages
	@$(RUN) scripts.places_page
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict

screenshots: setup-tests
	@deploy/install-chromium.sh
	@$(RUN) scripts.screenshots

clean:
	rm -rf .venv tests/node/node_modules build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find awardspider tests deploy scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
