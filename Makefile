# What a newcomer needs: `make test` and `make build`. Both install what is missing.
SHELL := /bin/bash

.PHONY: test build setup format lint

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
