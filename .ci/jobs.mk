# The jobs of .ci/run, which `make -j` runs beside one another. After a colon stands what a job waits for; jobs begin in the order
# of `all`. The longest chain is the release build and what uses its program.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
# What is built with the tests: the program, the modules that pages and reference are made of, and what the examples are linked with.
# Building them once more takes minutes.
export TROUPE := .build-tests/release/troupe
export TROUPE_MODULES := .build-tests/release
EXAMPLES := EXAMPLES=$(CURDIR)/.build-tests EXAMPLES_FLAGS='-Xswiftc -enable-testing --disable-build-manifest-caching'

all: lint house model build docs debug examples study release language servers cell pages fuzz viewer python scenarios same emulated portability

lint house portability:
	@.ci/job $@ make $@
build:
	@.ci/job $@ make test-build
# The two halves of `make test`.
release: build
	@.ci/job $@ make test-release
debug: build
	@.ci/job $@ make test-debug
docs: build
	@.ci/job $@ make docs
examples: build
	@.ci/job $@ make examples $(EXAMPLES)
# What the pages say: every code block is compiled or run; the tables of errors and of keys are what the program says.
pages: build docs examples
	@.ci/job $@ make pages $(EXAMPLES)
	@.ci/scenario_keys $(TROUPE) --check
# report.html in a browser, the Python package with the readers of the exports, and (emulated) other processors.
viewer python emulated: build
	@.ci/job $@ make $@
fuzz:
	@.ci/job $@ make fuzz SECONDS_OF_FUZZING=10
# A published model, which two jobs read.
model:
	@.ci/job $@ make .build-models/SmolLM2-135M-Instruct.Q4_1.gguf
# What it computes, and two steps of training with it.
language: build model
	@.ci/job $@ .ci/language
# Clients that others wrote against `troupe serve`, and scenarios against servers that others wrote.
servers: build model
	@.ci/job $@ bash -c 'make serving && .ci/servers'
# A study that asserts that training improves what is solved; and a cell whose results are kept, which comes out as it did
# where they were made.
study: build
	@.ci/job $@ $(TROUPE) study scenarios/studies/reduced.json5 --out $(RUNS)/reduced --threads 1 --over-budget
	@$(TROUPE) replay $(RUNS)/reduced/in-turn-seed-31/episodes.log
cell: build
	@.ci/job $@ $(TROUPE) study scenarios/studies/quickstart.json5 --cell "three steps, seed 1" --out $(RUNS)/cell
scenarios same: build
	@.ci/job $@ .ci/$@

.PHONY: all lint house model build docs debug examples study release language servers cell pages fuzz viewer python scenarios same emulated portability
