#!/bin/sh
# Starts adapty-mock, runs a test suite beside it, and ends as the suite did.
set -eu
port_file=$(mktemp -u)
adapty-mock --port-file "$port_file" >/dev/null &
server=$!
trap 'kill "$server"' EXIT
until [ -s "$port_file" ]; do
    kill -0 "$server" # Without the server there is nothing to wait for.
    sleep 0.01
done
ADAPTY_API_URL="http://127.0.0.1:$(cat "$port_file")" ADAPTY_API_KEY=any-key "$@"
