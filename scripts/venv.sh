# Sourced by the other scripts, which set $root (the checkout): `make_ready run|dev` brings .venv up to date.
#
# This file answers only the everyday question, is everything as it was?, in a few milliseconds: a stamp in .venv names the
# lock files' checksum, the Python and the checkout it was made for. Otherwise prepare_venv.py does the work.
# POSIX sh, and bash 3.2 (macOS). To change the Python, delete .venv.
# shellcheck shell=sh

venv=$root/.venv

make_ready() { # level: run (what users need) or dev (that and the tools of the tests)
    stamp_tail="$(cd "$root" && cat requirements.txt requirements-dev.txt pyproject.toml | cksum) $root"
    if [ -x "$venv/bin/python" ] && [ -f "$venv/.ready" ]; then
        version=$("$venv/bin/python" -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || version=
        stamp=$(cat "$venv/.ready")
        case $stamp in
            "$1 $version $stamp_tail" | "dev $version $stamp_tail") return 0 ;;
        esac
    fi
    python=$("$root/scripts/find-python") || exit 1
    # -I: the user's PYTHONPATH and site-packages are none of our business here.
    "$python" -I "$root/scripts/prepare_venv.py" "$1" "$stamp_tail" || exit $?
}
