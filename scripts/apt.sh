# Sourced by scripts that bring a test a program of the system: `apt_install PACKAGE…` as root, or with sudo that does not ask.
apt_install() {
    local as_root=()
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    export DEBIAN_FRONTEND=noninteractive
    ${as_root[@]+"${as_root[@]}"} apt-get install -y -q --no-install-recommends "$@" >&2 && return
    ${as_root[@]+"${as_root[@]}"} apt-get update -q >&2
    ${as_root[@]+"${as_root[@]}"} apt-get install -y -q --no-install-recommends "$@" >&2
}
