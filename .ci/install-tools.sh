#!/usr/bin/env bash
# Installs from Debian's packages the compilers, emulators, test data and the browser that the tests use: only what is missing.
# A user of Espalier needs none of them. `--slow`: what the slow tests use as well. `--list` prints what is missing and installs nothing.
set -euo pipefail

# One line a tool: what shows that it is there, then the packages that bring it.
tools='
command:gcc gcc libc6-dev
command:g++ g++
command:make make
command:cmake cmake
command:clang-19 clang-19
command:wasm-ld-19 lld-19
path:/usr/lib/llvm-19/lib/clang/19/lib/linux libclang-rt-19-dev
command:aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross
command:riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
command:qemu-aarch64 qemu-user
command:arm-none-eabi-gcc gcc-arm-none-eabi libnewlib-arm-none-eabi
command:qemu-system-arm qemu-system-arm
command:chromium chromium
command:iverilog iverilog
path:/usr/share/libonnx-testdata/data/node libonnx-testdata
'
# The slow tests synthesise Verilog, and verify models that PyTorch exports.
slow='
command:yosys yosys
path:/usr/lib/python3/dist-packages/torch python3-torch
path:/usr/lib/python3/dist-packages/torchvision python3-torchvision
path:/usr/lib/python3/dist-packages/onnx python3-onnx
'

only_list=
for argument in "$@"; do
  case "$argument" in
    --slow) tools+=$slow ;;
    --list) only_list=1 ;;
    *) echo "install-tools: unknown argument $argument" >&2; exit 2 ;;
  esac
done

missing=()
while read -r probe packages; do
  case "$probe" in
    '') continue ;;
    command:*) command -v "${probe#command:}" >/dev/null 2>&1 && continue ;;
    path:*) [ -e "${probe#path:}" ] && continue ;;
  esac
  # shellcheck disable=SC2206 # a list of words on purpose
  missing+=($packages)
done <<<"$tools"

if [ "${#missing[@]}" -eq 0 ]; then
  exit 0
fi
if [ -n "$only_list" ]; then
  printf '%s\n' "${missing[@]}"
  exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "install-tools: missing ${missing[*]}: run as root on Debian or Ubuntu, or install them yourself" >&2
  exit 1
fi

echo "install-tools: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
  tail -n 40 "$log" >&2
  exit 1
fi
