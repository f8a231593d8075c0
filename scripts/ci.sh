#!/usr/bin/env bash
# Everything that must hold before a change is taken, from a clean checkout: Debian with git, node, npm and apt.
# The last line says how many checks and tests passed and failed; the exit code is not 0 when any of them failed.
set -uo pipefail
cd "$(dirname "$0")/.."
# Tests that need tools may not be left out here, and skipped ones count as failed.
export CI=true
# `npm run --silent ci` keeps npm's own words away from the last line; those of the steps are wanted.
unset npm_config_loglevel

passed=0
failed=0

step() { printf '\n== %s\n' "$*"; }

finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && exit 0
  exit 1
}

# A check that is one command: it passes or fails as a whole.
check() {
  step "$1"
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $*"
  fi
}

# Something without which the rest means nothing.
need() {
  step "$1"
  shift
  if ! "$@"; then
    failed=$((failed + 1))
    echo "FAILED: $*"
    finish
  fi
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_tools() {
  local missing=()
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v tcpdump >/dev/null || missing+=(tcpdump)
  command -v tshark >/dev/null || missing+=(tshark)
  command -v promtool >/dev/null || missing+=(prometheus)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v script >/dev/null || missing+=(bsdutils)
  command -v pkill >/dev/null || missing+=(procps)
  command -v sshd >/dev/null || [ -x /usr/sbin/sshd ] || missing+=(openssh-server)
  command -v ssh >/dev/null || missing+=(openssh-client)
  command -v sudo >/dev/null || missing+=(sudo)
  command -v xmllint >/dev/null || missing+=(libxml2-utils)
  [ -e /usr/bin/chromium ] || missing+=(chromium)
  [ -e /usr/include/pcap/pcap.h ] || missing+=(libpcap-dev)
  if [ ${#missing[@]} -eq 0 ]; then
    echo 'all there'
    return
  fi
  echo "installing: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# A check beside others, or beside the tests; `checked` waits for all of these.
names=() logs=() pids=()
later() {
  names+=("$1") logs+=("$(mktemp)")
  shift
  nice -n 10 "$@" >"${logs[-1]}" 2>&1 &
  pids+=($!)
}

checked() {
  local i
  for i in "${!names[@]}"; do
    step "${names[$i]}"
    if wait "${pids[$i]}"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      echo "FAILED: ${names[$i]}"
    fi
    cat "${logs[$i]}"
    rm -f "${logs[$i]}"
  done
  names=() logs=() pids=()
}

run_tests() {
  report=$(mktemp)
  trap 'rm -f "$report"' EXIT
  npx vitest run --reporter=default --reporter=json --outputFile.json="$report"
  local code=$?
  # A suite that could not even be loaded has no tests to count, and counts as one failed.
  local counts
  counts=$(node scripts/count-tests.js "$report") || counts='0 1'
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
  if [ "$code" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then failed=$((failed + 1)); fi
}

need 'tools' install_tools
need 'packages' npm ci --no-audit --no-fund
need 'build' npm run build
later 'types' npm run check:types
later 'layers' npm run check:layers
later 'dead code' npm run check:dead
check 'formatting and lint' npm run check:format
checked
check 'speed' npm run --silent guard
later 'fuzzing' npm run --silent fuzz -- --seconds 60 --seed 7
step 'tests'
run_tests
checked
echo
finish
