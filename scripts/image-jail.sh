#!/bin/sh
# Runs a command as a container engine would run the image, where there is none: a read-only root file system, /app and /data only, the image's
# user, no capability, no way to get one, and no network but its own loopback. Needs root and Linux.
#   sh scripts/image-jail.sh FOLDER COMMAND...      FOLDER holds `app` (read-only inside) and `data` (writable)
set -eu
folder=$1
shift
node=$(readlink -f "$(command -v node)")
exec unshare --mount --net --pid --ipc --uts --fork --kill-child sh -euc '
  folder=$1 node=$2
  shift 2
  ip link set lo up
  root=$folder/root
  mkdir -p "$root"
  mount -t tmpfs -o mode=755 tmpfs "$root"
  for part in usr lib lib64 bin; do
    [ -e "/$part" ] || continue
    mkdir "$root/$part"
    mount --bind "/$part" "$root/$part"
    mount -o remount,bind,ro "$root/$part"
  done
  mkdir -p "$root/app" "$root/data" "$root/proc" "$root/dev" "$root/etc" "$root/opt"
  cp "$node" "$root/opt/node"
  for device in null urandom; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
  echo "127.0.0.1 localhost" > "$root/etc/hosts"
  mount --bind "$folder/app" "$root/app"
  mount -o remount,bind,ro "$root/app"
  chown -R 1000:1000 "$folder/data"
  mount --bind "$folder/data" "$root/data"
  mount -t proc proc "$root/proc"
  mount -o remount,ro "$root"
  export PATH=/opt:/usr/sbin:/usr/bin:/bin HOME=/
  exec chroot "$root" setpriv --reuid=1000 --regid=1000 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \
    env -u NODE_OPTIONS sh -c "cd /app && exec \"\$@\"" sh "$@"
' sh "$folder" "$node" "$@"
