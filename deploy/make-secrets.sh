#!/bin/sh
# Random passwords for docker compose, one file each in deploy/secrets/. What exists is kept.
set -eu
folder="${1:-$(dirname "$0")/secrets}"
mkdir -p "$folder"
make() {
  [ -s "$folder/$1" ] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/$1"
  # containers read them as users of their own; the folder keeps others of this machine out
  chmod 644 "$folder/$1"
}
chmod 700 "$folder"
for name in postgres_password redis_password neo4j_password jwt_secret grafana_password; do make "$name"; done
printf 'neo4j/%s' "$(cat "$folder/neo4j_password")" >"$folder/neo4j_auth"
