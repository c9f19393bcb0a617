# What a newcomer needs: `make train` and `make test`. Both install what is missing.
SHELL := /bin/bash

.PHONY: train test build setup format lint

# Trains the main scenario and says where report, log and policy are. Another seed: make train SEED=2
train: build
	.build/release/troupe train scenarios/coevolution.json5 $(if $(SEED),--seed $(SEED))

build: setup
	swift build -c release --product troupe

# Heavy tests run in release; the light ones once more in debug, for overflow and precondition checks.
test: setup
	swift test -c release --scratch-path .build-tests
	swift test --scratch-path .build-debug --filter '^(MessagingTests|ActorsTests|SimTests|PropertyTestingTests)\.'

setup:
	@./.ci/setup

format:
	swift format -i -r Package.swift Sources Tests

lint:
	swift format lint --strict -r Package.swift Sources Tests
