# What every script here stands on: where the tree is, how to speak, how to run what takes long. To be sourced.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
ticker=

say() { printf '%s\n' "$*"; }

# Ends with one line that says what could not be had, and where to read on.
stop() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

mkdir -p build && [[ -w build ]] || stop "build/ belongs to somebody else; be them, or remove it"

# The pinned Node, which npm installs; Debian's own only runs npm itself.
node=$root/node_modules/.bin/node

# step LOG TITLE COMMAND… runs the command with its output in build/LOG. A step that takes long shows how far it is; one that
# fails shows the end of its output. Returns the command's status.
step() {
  local log=build/$1 title=$2 began=$SECONDS status=0
  shift 2
  mkdir -p "$(dirname "$log")"
  say "$title"
  : >"$log"
  tick "$log" </dev/null &
  ticker=$!
  "$@" >>"$log" 2>&1 </dev/null || status=$?
  still
  if ((status)); then
    tail -n "${STEP_TAIL:-40}" "$log" | cut -c 1-400 | sed 's/^/    /'
    say "  failed after $((SECONDS - began)) s; all of it is in $log"
  elif ((SECONDS - began > 1)); then
    say "  done in $((SECONDS - began)) s"
  fi
  return "$status"
}

# Says every ten seconds which line of the log was written last. It waits without a child, which would outlive it.
tick() {
  local began=$SECONDS never
  exec {never}<> <(:)
  until read -rt 10 -u "$never"; do
    say "  $((SECONDS - began)) s   $(tail -n 1 "$1" | tr -d '\r' | cut -c 1-100)"
  done
}

still() {
  [[ -n $ticker ]] || return 0
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  ticker=
}
trap still EXIT

# Whether what is read on standard input differs from what made the stamp; its sum is left in `current`, to be stamped after use.
changed_since() {
  current=$(sha256sum)
  [[ ! -f $1 || $(<"$1") != "$current" ]]
}

# What meson looks at only when it runs: which files there are, and whether cmocka is installed.
seen_by_meson() {
  pkg-config --modversion cmocka 2>&1 || true
  find src migrations tests/fuzz build/web.pack -type f ! -path 'tests/fuzz/corpus/*' | LC_ALL=C sort
}

# configure DIRECTORY OPTION… sets a build directory up; anew when an option has changed, or what ninja cannot see.
configure() {
  local dir=$1 current stamp=$1/.configured
  shift
  changed_since "$stamp" < <(say "$*"; seen_by_meson) || return 0
  local again=()
  [[ -f $dir/meson-private/coredata.dat ]] && again=(--reconfigure)
  step "${dir//\//-}-configure.log" "configuring $dir" meson setup "${again[@]}" "$dir" "$@" || return
  printf '%s' "$current" >"$stamp"
}

# compile DIRECTORY [TARGET…]
compile() {
  local dir=$1
  shift
  [[ $(ninja -C "$dir" -n "$@" | tail -n 1) == 'ninja: no work to do.' ]] && return
  step "${dir//\//-}-compile.log" "compiling $dir" ninja -C "$dir" "$@"
}
