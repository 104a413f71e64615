# Every target is one command of xtask; `cargo xtask --help` explains them. Cargo links with a C compiler, so that comes first.
.PHONY: run test lint bench dev build codegen screenshots compiler
run test lint bench dev build codegen screenshots: compiler ; @cargo xtask $@
compiler: ; @command -v cc > /dev/null || { [ "$$(id -u)" = 0 ] && apt-get update && apt-get install -y build-essential; } || { echo "no C compiler: install one (Debian, Ubuntu: sudo apt-get install build-essential)"; exit 1; }
