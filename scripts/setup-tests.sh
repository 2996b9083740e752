#!/usr/bin/env bash
# Installs what the tests need: a PostgreSQL server, a C compiler (for the race
# detector), Python, Chromium, and the npm packages of test/node. What is there already is
# left alone, so a second run takes a moment only.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
  printf 'setup-tests: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

have_postgres() {
  scripts/postgres-bin.sh >/dev/null 2>&1
}

# AIRSIDE_CHROMIUM may name a browser that is somewhere else.
have_chromium() {
  have "${AIRSIDE_CHROMIUM:-chromium}"
}

# The packages of the distribution that are missing.
packages=()
have_postgres || packages+=(postgresql)
have python3 || packages+=(python3)
have gcc || packages+=(gcc libc6-dev)
have_chromium || packages+=(chromium)
have pdftotext || packages+=(poppler-utils)

install_packages() {
  have apt-get || die "missing: ${packages[*]}, and there is no apt-get here. Please install them by hand and run this again."
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || die "missing: ${packages[*]}. Installing them needs root: run this as root, or install sudo."
    root=(sudo)
  fi

  # The distribution would create a 'main' cluster and start it. Our tests bring
  # their own, so this file says no for as long as the installation lasts. Where
  # somebody already runs PostgreSQL, its clusters are not touched.
  local dropin=/etc/postgresql-common/createcluster.d/airside-tests.conf
  "${root[@]}" mkdir -p "$(dirname "$dropin")"
  echo 'create_main_cluster = false' | "${root[@]}" tee "$dropin" >/dev/null
  local status=0
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q || status=$?
  if [ "$status" -eq 0 ]; then
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y --no-install-recommends "${packages[@]}" || status=$?
  fi
  "${root[@]}" rm -f "$dropin"
  [ "$status" -eq 0 ] || die "apt-get could not install: ${packages[*]}"
}

if [ "${#packages[@]}" -gt 0 ]; then
  echo "setup-tests: installing ${packages[*]}"
  install_packages
fi
have_postgres || die "PostgreSQL's server programs (initdb, postgres, pg_ctl) are still missing."

have go || die "Go is missing; go.mod names the version."
have node && have npm || die "Node.js 20 or newer, with npm, is missing."
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
  die "Node.js 20 or newer is needed, this is $(node --version)."

# npm ci empties node_modules first, so two runs at once would trip over each
# other: the lock is the folder itself. The stamp says what is installed.
(
  cd test/node
  exec 9<.
  flock 9
  stamp=node_modules/.installed
  if ! cat package.json package-lock.json | cmp -s - "$stamp"; then
    echo "setup-tests: npm ci in test/node"
    npm ci --ignore-scripts --no-audit --no-fund
    cat package.json package-lock.json >"$stamp"
  fi
)
