#!/usr/bin/env bash
# Usage: scripts/fuzz.sh [TIME]
# Runs every fuzz target of the module for TIME (30s if left out), one by one.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-30s}

found=0
while IFS=: read -r file name; do
  found=$((found + 1))
  echo "fuzz: $name in $(dirname "$file") for $time"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "./$(dirname "$file")"
done < <(grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal test 2>/dev/null | sed 's/:func /:/' | sort)
echo "fuzz: $found targets"
