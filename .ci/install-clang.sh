#!/bin/sh
# Installs what makes BPF objects of C sources on Debian: the clang that made
# those in the tree. Does nothing when it is there. Without it the test that
# compares them skips, and says so.
set -eu

version=14 # tracing/generated_test.go has the same

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

if command -v clang >/dev/null 2>&1 && command -v llvm-strip >/dev/null 2>&1; then
	echo "clang: $(clang --version | head -n 1)"
	exit 0
fi

as_root apt-get update -q
as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -q -y --no-install-recommends "clang-$version" "llvm-$version" clang llvm
echo "clang: $(clang --version | head -n 1)"
