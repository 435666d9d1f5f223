#!/usr/bin/env bash
# What the sample host of the project runs besides a plain Debian: three containers on the default bridge. Runs inside the machine.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
cp /bin/busybox.static "$folder/bin/busybox"
for name in sh sleep nc; do ln -s busybox "$folder/bin/$name"; done
for image in shop/web:1.4 shop/worker:1.4 shop/db:15; do tar -C "$folder" -c . | docker import - "$image" >/dev/null; done
idle='trap exit TERM; while :; do sleep 5 & wait $!; done'
docker run -d --name db --restart unless-stopped shop/db:15 sh -c "$idle"
docker run -d --name worker --restart unless-stopped shop/worker:1.4 sh -c "$idle"
docker run -d --name web --restart unless-stopped -p 8080:80 shop/web:1.4 sh -c "$idle"
