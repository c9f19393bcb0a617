#!/usr/bin/env bash
# What of the modules under ActorTesting and InterleavingTesting can be held to other platforms from here: every source of theirs parses
# for each platform; the C hooks compile for arm64 Linux, musl and Android without a warning, and for Darwin and Windows as far as the
# headers of this machine go; and they do on arm64, emulated, what they do here, with a stand-in for the Swift runtime.
# (Debian: libc6-dev-arm64-cross, libgcc-12-dev-arm64-cross, binutils-aarch64-linux-gnu, musl-dev, qemu-user.) It takes seconds.
set -euo pipefail
cd "$(dirname "$0")/../.."
clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
includes=(-ISources/CTaskHooks/include -ISources/CInterleaving/include -ITests/Portability)
warnings=(-std=gnu17 -Wall -Wextra -Werror)
# Without the headers of a C library, those of clang itself stand for it.
bare=(-ffreestanding)

for target in aarch64-unknown-linux-gnu aarch64-unknown-linux-musl aarch64-unknown-linux-android28 \
  arm64-apple-macosx15.0 x86_64-unknown-windows-msvc; do
  for module in Messaging ActorTesting Interleavings InterleavingTesting PropertyTesting; do
    find "Sources/$module" -name '*.swift' -print0 |
      xargs -0 swiftc -frontend -parse -swift-version 6 -disable-implicit-concurrency-module-import \
        -disable-implicit-string-processing-module-import -target "$target"
  done
done
echo "every source parses for arm64 Linux, musl, Android, Darwin and Windows"

for source in Sources/CTaskHooks/hooks.c Sources/CInterleaving/*.c; do
  "$clang" -fsyntax-only "${warnings[@]}" "${includes[@]}" -nostdlibinc -isystem /usr/include/x86_64-linux-musl \
    --target=x86_64-unknown-linux-musl "$source"
  "$clang" -fsyntax-only "${warnings[@]}" "${includes[@]}" "${bare[@]}" -nostdlibinc --target=x86_64-unknown-windows-msvc "$source"
done
echo "the hooks compile with the headers of musl, and for Windows"

build() { # NAME FLAGS...
  local name=$1
  shift
  "$clang" "$@" "${warnings[@]}" -O2 -fPIC -shared -o "$out/libruntime-$name.so" Tests/Portability/runtime.c
  "$clang" "$@" "${warnings[@]}" "${includes[@]}" -O2 -rdynamic -o "$out/test-$name" Tests/Portability/hooks_test.c \
    Sources/CTaskHooks/hooks.c Sources/CInterleaving/*.c "$out/libruntime-$name.so" -Wl,-rpath,"$out" -ldl
}
build here
echo "here: $("$out/test-here")"
cross=(--target=aarch64-linux-gnu -nostdlibinc -isystem /usr/aarch64-linux-gnu/include
  -B/usr/aarch64-linux-gnu/lib -B/usr/lib/gcc-cross/aarch64-linux-gnu/12 -L/usr/lib/gcc-cross/aarch64-linux-gnu/12 -L/usr/aarch64-linux-gnu/lib
  --ld-path="$(command -v aarch64-linux-gnu-ld)")
build arm64 "${cross[@]}"
echo "arm64, emulated: $(qemu-aarch64 -L /usr/aarch64-linux-gnu "$out/test-arm64")"
