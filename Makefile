# The house around the code: every target is one command a person would want, and each sets up what
# it needs by itself. `make help` lists them.

PREFIX  ?= /usr/local
TRAITS  ?= JPEG,PNG,WebP,Zlib
export TRAITS

# The Swift runtime is linked in on Linux, so that the program runs where no Swift is installed.
# Apple's systems bring the runtime with them, and their linker cannot do it.
release_flags := -c release --product convnet --traits $(TRAITS)
ifeq ($(shell uname -s),Linux)
# Nobody links against the program, so its names are not exported (0.6 MB smaller). LLVM's linker folds
# equal functions (0.3 MB) and packs relative relocations (0.9 MB), which needs glibc 2.36 to run:
# Debian 12, Ubuntu 23.04 or newer.
release_flags += --static-swift-stdlib -Xlinker -s -Xlinker --no-export-dynamic
release_flags += -Xswiftc -use-ld=lld -Xlinker --icf=all -Xlinker -z -Xlinker pack-relative-relocs
endif

sources := Package.swift Sources Tests $(wildcard Snippets Documentation/Guide Benchmarks Fuzz)

.PHONY: help demo test build format lint guide bench install clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  PREFIX=DIR   where 'make install' puts bin/convnet (now: $(PREFIX))"
	@echo "  DATA=DIR     Fashion-MNIST's four files for 'make demo', where no package brings them"

demo: ## train a network on 60,000 real pictures and try it on others (a few minutes)
	@Scripts/setup --demo
	@$(MAKE) --no-print-directory compile
	@Scripts/demo

test: ## set up, then lint, build and test everything
	@Scripts/setup
	@Scripts/test

build: ## build the program, optimised: .build/release/convnet
	@Scripts/setup
	@$(MAKE) --no-print-directory compile

.PHONY: compile
compile:
	swift build $(release_flags)

format: ## put every source file into the project's format
	swift format --in-place --parallel --recursive $(sources)

lint: ## check format and house rules
	@Scripts/lint

guide: ## render the course (Chinese and English) as a static site: build/guide
	@Scripts/guide

bench: ## time whole networks on this machine
	@Scripts/setup
	@Scripts/bench

install: build ## build, then copy convnet to PREFIX/bin
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 .build/release/convnet "$(DESTDIR)$(PREFIX)/bin/convnet"

clean: ## remove everything that was built
	rm -rf .build build Benchmarks/.build Fuzz/.build
