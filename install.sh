#!/bin/sh
# Installs tracehouse for this user, and begins to record Claude Code and Codex.
#
# It needs Python 3.11, and uses uv or pipx where one is there, else a folder of its own. It asks
# nothing it can find out; the key is asked for once, in a terminal. To change what it does:
#
#   TRACEHOUSE_API_KEY, TRACEHOUSE_API_BASE   log in without asking
#   TRACEHOUSE_PACKAGE                        what to install (default: this folder, else tracehouse)
#   TRACEHOUSE_HOME                           the folder, without uv and pipx
set -eu

say() { printf '  %s\n' "$*"; }
fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

package() {
    here=$(cd "$(dirname "$0")" 2>/dev/null && pwd) || here=
    if [ -n "${TRACEHOUSE_PACKAGE:-}" ]; then
        printf '%s' "$TRACEHOUSE_PACKAGE"
    elif [ -n "$here" ] && grep -qs '^name = "tracehouse"' "$here/pyproject.toml"; then
        printf '%s' "$here"
    else
        printf 'tracehouse'
    fi
}

python_of() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if have "$name" && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
}

agents() {
    [ -d "${CLAUDE_CONFIG_DIR:-$HOME/.claude}" ] || have claude && say "found Claude Code"
    [ -d "${CODEX_HOME:-$HOME/.codex}" ] || have codex && say "found Codex"
    return 0
}

install_package() {
    what=$(package)
    if have uv; then
        say "installing $what with uv"
        uv tool install --quiet --force --python '>=3.11' "$what"
        program="$(uv tool dir --bin)/tracehouse"
    elif have pipx; then
        say "installing $what with pipx"
        pipx install --force "$what" >/dev/null
        program="$(pipx environment --value PIPX_BIN_DIR)/tracehouse"
    else
        python=$(python_of)
        [ -n "$python" ] || fail "Python 3.11 or newer is needed: install it, or uv, and try again"
        home=${TRACEHOUSE_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/tracehouse/venv}
        say "installing $what in $home"
        "$python" -m venv "$home" || fail "the module venv is missing: install python3-venv"
        "$home/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "$what"
        mkdir -p "$HOME/.local/bin"
        ln -sf "$home/bin/tracehouse" "$HOME/.local/bin/tracehouse"
        program="$home/bin/tracehouse"
    fi
    [ -x "$program" ] || fail "$program is not there after the installation"
}

log_in() {
    if [ -n "${TRACEHOUSE_API_KEY:-}" ]; then
        "$program" login
    elif "$program" login --help >/dev/null && grep -qs '"default"' \
        "${XDG_CONFIG_HOME:-$HOME/.config}/tracehouse/credentials.json"; then
        say "logged in already"
    elif [ -r /dev/tty ] && [ -t 1 ]; then
        "$program" login </dev/tty
    else
        say "next:  $program login   and then   $program install"
        exit 0
    fi
}

agents
install_package
log_in
"$program" install
have tracehouse || say "tracehouse is not in your PATH: it is $program"
