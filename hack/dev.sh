#!/usr/bin/env bash
# One verb per task. `hack/dev.sh help` lists them; each prints a line per step with its time.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
jobs=${PENSTOCK_JOBS:-$(nproc)}
tools="$root/build/tools"
export CCACHE_DIR="${CCACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/penstock/ccache}"
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
export CTEST_OUTPUT_ON_FAILURE=1

usage() {
  cat <<'TEXT'
Usage: hack/dev.sh VERB [ARGUMENTS]

  setup              install the Debian packages that the build and the tests need (seconds when nothing is missing)
  build [PRESET]     build the binary; preset release (default, build/release/penstock), dev, asan, tsan
  run [ARGUMENTS]    set up, build, start `penstock standalone` on examples/quickstart, send one request, stay up
  test [LABEL...]    set up, build, run the tests: all, or only the labels style unit integration e2e cluster fuzz;
                     policy (real network policy, builds Cilium) only when named
  image              the container image, build/image/penstock.tar
  sanitize           unit and integration tests under ASan+UBSan, concurrent modules under TSan
  fuzz [SECONDS]     run every libFuzzer target for SECONDS each (default 20)
  bench NAME         run a benchmark: gateway (beside nginx and HAProxy), controller (500 models on a real control plane), scaling,
                     autoscaling, fidelity (the simulator beside a real gateway and engines)
  fmt                format all sources in place
  tidy [FILE...]     clang-tidy on all sources (unchanged ones are skipped), or on the files named
  gen                regenerate what is made from crds/ (C++ types, docs/reference/api.md, the chart's copies)
                     and from controller/*/reasons.h (docs/reference/reasons.md)
  clean              remove build/
  help               this text

Environment: PENSTOCK_JOBS (parallel jobs, default: number of cores).
TEXT
}

# step TEXT COMMAND... — runs it, and prints one line with its time.
step() {
  local text=$1 start status=0
  shift
  start=$(date +%s%N)
  "$@" || status=$?
  printf '[%s] %s (%d.%01d s)\n' "$([ "$status" -eq 0 ] && echo ok || echo FAILED)" "$text" \
    $((($(date +%s%N) - start) / 1000000000)) $(((($(date +%s%N) - start) / 100000000) % 10))
  return "$status"
}

# quiet LOG COMMAND... — output goes to build/logs/LOG.log and is shown only on failure.
quiet() {
  local log="build/logs/$1.log"
  shift
  mkdir -p build/logs
  if ! "$@" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "(whole output: $log)" >&2
    return 1
  fi
}

packages=(
  clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev llvm-19 mold ccache ninja-build cmake make pkg-config git ca-certificates
  libboost1.81-dev libssl-dev libcpp-httplib-dev nlohmann-json3-dev libyaml-cpp-dev libsimdjson-dev
  prometheus-cpp-dev libfmt-dev libspdlog-dev libcli11-dev libhowardhinnant-date-dev libre2-dev libxxhash-dev
  zlib1g-dev libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev
  shellcheck curl openssl procps python3 python3-yaml python3-venv
)
bench_packages=(nginx-light haproxy wrk)

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "missing packages: ${missing[*]}; run as root, or: apt-get install ${missing[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  # Services that a package would start (nginx) are not wanted on a developer's machine.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

do_setup() { step "setup: Debian packages" quiet setup install_packages "${packages[@]}"; }

configure() {
  local preset=$1
  [ -f "build/$preset/build.ninja" ] && [ "build/$preset/build.ninja" -nt CMakePresets.json ] && return 0
  quiet "configure-$preset" cmake --preset "$preset"
}

# build PRESET TARGET...
build() {
  local preset=$1
  shift
  step "configure $preset" configure "$preset"
  step "build $preset: $*" quiet "build-$preset" ninja -C "build/$preset" -j "$jobs" "$@"
}

do_build() { build "${1:-release}" penstock; }

do_run() {
  do_setup
  do_build release
  exec hack/run.sh "$@"
}

# The official clients, pinned, in folders of their own under build/.
client_tools() {
  if [ ! -x "$tools/python/bin/pytest" ] || ! cmp -s tests/e2e/requirements.txt "$tools/python/requirements.txt"; then
    python3 -m venv "$tools/python"
    "$tools/python/bin/pip" install -q --disable-pip-version-check -r tests/e2e/requirements.txt
    cp tests/e2e/requirements.txt "$tools/python/requirements.txt"
  fi
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    install_packages nodejs npm
  fi
  if [ ! -d "$tools/node/node_modules/openai" ] || ! cmp -s tests/e2e/package.json "$tools/node/package.json"; then
    mkdir -p "$tools/node"
    cp tests/e2e/package.json "$tools/node/"
    npm --prefix "$tools/node" install --silent --no-audit --no-fund
  fi
}

# ctest_run NAME BUILD_DIR ARGUMENTS... — runs tests, leaves build/results/NAME.xml. Call it with `|| true`: the count decides in the end.
ctest_run() {
  local name=$1 dir=$2
  shift 2
  mkdir -p build/results
  rm -f "build/results/$name.xml"
  ctest --test-dir "$dir" -j "$jobs" --timeout 600 --no-tests=ignore \
    --output-junit "$root/build/results/$name.xml" "$@"
}

cluster_packages() {
  local names
  read -ra names <<<"$(hack/cluster.sh packages "$@" | tr '\n' ' ')"
  # Any Go will do: an older one fetches the pinned toolchain as a module.
  command -v go >/dev/null || names+=(golang-go)
  install_packages "${names[@]}"
}

selected() {
  local label=$1
  shift
  local chosen
  for chosen in "$@"; do [ "$chosen" = "$label" ] && return 0; done
  return 1
}

do_test() {
  local label
  for label in "$@"; do
    case $label in style | unit | integration | e2e | cluster | policy | fuzz) ;; *)
      echo "hack/dev.sh test: no label \"$label\"; there are: style unit integration e2e cluster policy fuzz" >&2
      return 2
      ;;
    esac
  done
  local wanted=("$@")
  [ $# -gt 0 ] || wanted=(style unit integration e2e cluster fuzz)
  rm -rf build/results
  do_setup
  build release all
  if selected e2e "${wanted[@]}" || selected cluster "${wanted[@]}" || selected policy "${wanted[@]}"; then
    step "setup: official clients" quiet clients client_tools
  fi
  if selected policy "${wanted[@]}"; then
    step "setup: cluster packages" quiet setup-cluster cluster_packages --policy
  elif selected cluster "${wanted[@]}"; then
    step "setup: cluster packages" quiet setup-cluster cluster_packages
  fi
  for label in style unit integration e2e cluster policy; do
    if selected "$label" "${wanted[@]}"; then
      step "test: $label" ctest_run "$label" build/release -L "^$label\$" || true
    fi
  done
  if selected fuzz "${wanted[@]}"; then do_fuzz 20; fi
  python3 hack/count_results.py build/results
}

do_fuzz() {
  build fuzz fuzz_targets
  step "test: fuzz (${1:-20} s each)" env PENSTOCK_FUZZ_SECONDS="${1:-20}" \
    bash -c "$(declare -f ctest_run); root='$root' jobs='$jobs'; ctest_run fuzz build/fuzz -L '^fuzz\$'" || true
}

do_sanitize() {
  do_setup
  rm -rf build/results
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
  export UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS=second_deadlock_stack=1
  build asan all
  step "ASan+UBSan: unit, integration" ctest_run asan build/asan -L '^(unit|integration)$' || true
  build tsan all
  step "TSan: unit, integration" ctest_run tsan build/tsan -L '^(unit|integration)$' || true
  python3 hack/count_results.py build/results
}

do_bench() {
  local name=${1:-}
  if [ -z "$name" ] || [ ! -x "tests/bench/$name/run.sh" ]; then
    echo "hack/dev.sh bench: name a benchmark; there are:" >&2
    find tests/bench -name run.sh -printf '  %P\n' | sed 's|/run.sh||' >&2
    return 2
  fi
  shift
  do_setup
  case $name in
    gateway) step "setup: peers" quiet setup-peers install_packages "${bench_packages[@]}" ;;
    controller) step "setup: cluster packages" quiet setup-cluster cluster_packages ;;
  esac
  build release all
  "tests/bench/$name/run.sh" "$@"
}

verb=${1:-help}
[ $# -gt 0 ] && shift
case $verb in
  setup) do_setup ;;
  build) do_build "$@" ;;
  run) do_run "$@" ;;
  test) do_test "$@" ;;
  sanitize) do_sanitize ;;
  fuzz)
    do_setup
    do_fuzz "${1:-20}"
    python3 hack/count_results.py build/results
    ;;
  image)
    do_build release
    step "image" hack/image.sh build/release/penstock
    ;;
  bench) do_bench "$@" ;;
  fmt) git ls-files -z -- '*.h' '*.cpp' | xargs -0 -n 50 clang-format-19 -i ;;
  tidy)
    configure release
    python3 hack/tidy.py "$@"
    ;;
  gen)
    python3 hack/crdgen
    python3 hack/chart_crds.py
    python3 hack/reasons.py
    ;;
  clean) rm -rf build ;;
  help | -h | --help) usage ;;
  *)
    echo "hack/dev.sh: no verb \"$verb\"" >&2
    usage >&2
    exit 2
    ;;
esac
