#!/bin/sh
# Starts the broker, in the official image as in ours; formats its storage first, if that was never done to
# its end. The official entry point can't be used: it knows no way to give a new storage an administrator.
set -eu
data=/var/lib/kafka/data
if [ ! -e "$data/formatted" ]; then
    rm -rf "$data/log"
    java @/run/secrets/kafka-format.arguments >/dev/null # it would show the administrator's salted password
    touch "$data/formatted"
fi
exec java -Xms256m -Xmx"${KAFKA_HEAP:-512m}" -XX:+UseParallelGC -Djava.awt.headless=true \
    -Dlog4j2.configurationFile=/etc/tandem/log4j2.properties -cp '/opt/kafka/libs/*' \
    kafka.Kafka /run/secrets/kafka.properties "$@"
