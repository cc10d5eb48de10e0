#!/usr/bin/env bash
# Run the code blocks of docs/deploy.md, as they stand there, on an empty Debian that systemd boots.
#
# What the page fetches is fetched with this machine's network, and as pip and apt are set up here. All else runs in a
# network of its own, where sample blogs and a mail catcher are the rest of the world, so that no port here is touched.
# `try_deploy.sh ROOT` copies an empty Debian that is there already (from debootstrap), instead of fetching one.
# Needs root, debootstrap and systemd-nspawn (Debian: systemd-container). Without them it says so and exits with 77.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

for program in debootstrap systemd-nspawn; do
    command -v "$program" >/dev/null || { echo "Not tried: $program is not installed here."; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "Not tried: only root may boot a container."; exit 77; }

folder="$(mktemp -d)"
root="$folder/root"
trap 'rm -rf --one-file-system "$folder"' EXIT

echo "An empty Debian …"
if [ -n "${1:-}" ]; then
    cp --archive "$1" "$root"
else
    read -r mirror release < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | head -1)
    debootstrap --variant=minbase --include=systemd,systemd-sysv "${release%%-*}" "$root" "$mirror" \
        > "$folder/debootstrap.log" 2>&1 ||
        { tail -5 "$folder/debootstrap.log"; echo "Not tried: no Debian could be fetched."; exit 77; }
fi

# blocks FILTER: the page's blocks of shell, those that need the outside (`online`) or the others, values first.
blocks() {
    awk -v want="$1" '
        /^```sh/ { inside = 1; number++; online = /online/; text = ""; next }
        /^```/ && inside { inside = 0
            if (number == 1 || (want == "online") == online) { print text; if (number == 1) print ". /try/values.sh"
                if (text ~ /^install[^\n]*env/) marks++ }
            next }
        inside { if ($0 ~ /^digest-as .* check$/) text = text ". /try/after_settings.sh\n"; text = text $0 "\n" }
    ' "$here/docs/deploy.md"
}

printf '127.0.0.1 localhost\n::1 localhost\n' > "$root/etc/hosts" # as Debian's installer does
mkdir "$root/try"
git -C "$here" -c safe.directory='*' bundle create --quiet "$root/try/digest.bundle" HEAD
cp "$here/deploy/try_neighbours.py" "$root/try/"
blocks online > "$root/try/online.sh"
blocks offline > "$root/try/offline.sh"
echo 'SOURCE=/try/digest.bundle' > "$root/try/online-values.sh"
cat > "$root/try/after_settings.sh" <<'END'
printf '\n[collect]\nallow_networks = ["127.0.0.0/8"]\n' >> "/srv/digest/$NAME/digest.toml"
END
cat > "$root/try/expect.sh" <<'END'
# What must hold when the page has been followed, for the newsletter $NAME.
digest-as "$NAME" deliveries list | tee /dev/stderr | grep --quiet "sent"
grep --recursive --quiet "To: .*$EDITOR_ADDRESS" /try/caught
answers() { python3 -c 'import sys, urllib.request as r; print(r.urlopen(r.Request(sys.argv[1], headers={"Host": sys.argv[2]}), timeout=20).status, *sys.argv[1:])' "$1" "$2"; }
answers "http://127.0.0.1:$DESK_PORT/healthz" "$DESK_HOST"
answers "http://127.0.0.1:$PUBLIC_PORT/healthz" "$PAGES_HOST"
answers "http://127.0.0.1:$PUBLIC_PORT/subscribe" "$PAGES_HOST"
for unit in send@$NAME.timer collect@$NAME.timer compose@$NAME.timer alerts@$NAME.timer backup@$NAME.timer \
    desk@$NAME.service public@$NAME.service; do
    systemctl is-active "digest-$unit"
done
END
cat > "$root/try/all.sh" <<'END'
set -euxo pipefail
trap 'systemctl --no-pager --failed; journalctl --no-pager --boot --unit "digest-*" --unit caddy --lines 60' ERR
/opt/digest/bin/python /try/try_neighbours.py &
while [ ! -s /try/neighbours.sh ]; do sleep 0.2; done
cp /try/neighbours.sh /try/values.sh
. /try/offline.sh
systemctl is-active caddy.service
. /try/expect.sh
# The second newsletter: again from step 4.
cat >> /try/values.sh <<MORE
NAME=second TITLE="The second" DESK_PORT=8125 PUBLIC_PORT=8126 PAGES_HOST=second.example.org DESK_HOST=desk2.example.org
MORE
sed '/^useradd/,/^systemctl daemon-reload/d' /try/offline.sh > /try/again.sh
. /try/again.sh
. /try/expect.sh
NAME=comms PAGES_HOST=digest.example.org DESK_HOST=desk.example.org DESK_PORT=8025 PUBLIC_PORT=8026
. /try/expect.sh
# The second one goes over to Prefect.
export PREFECT_API_URL=http://127.0.0.1:4200/api PREFECT_API_AUTH_STRING=digest:password PREFECT_HOME=/try/prefect DO_NOT_TRACK=1
PREFECT_SERVER_API_AUTH_STRING=$PREFECT_API_AUTH_STRING PREFECT_SERVER_ANALYTICS_ENABLED=false \
    /opt/digest/bin/prefect server start > /try/prefect.log 2>&1 &
until python3 -c "import urllib.request as r; r.urlopen('$PREFECT_API_URL/health')" 2>/dev/null; do sleep 1; done
printf '%s\n' "PREFECT_API_URL=$PREFECT_API_URL" "PREFECT_API_AUTH_STRING=$PREFECT_API_AUTH_STRING" >> /etc/digest/second.env
digest-as second setup
systemctl disable --now digest@second.target
for unit in desk@second.service send@second.timer; do
    if systemctl is-active "digest-$unit"; then exit 1; fi
done
systemctl enable --now digest-prefect@second.target
for unit in worker@second.service desk@second.service backup@second.timer; do systemctl is-active "digest-$unit"; done
/opt/digest/bin/prefect deployment run collect/hourly-second --watch --watch-timeout 240
systemctl start digest-backup@second.service
ls /srv/digest/second/var/backups/
failed="$(systemctl list-units --failed --no-legend 'digest*')"
[ -z "$failed" ]
touch /try/done
END

# As pip is set up here: its files, and the local folders that they name.
binds=()
for path in /etc/pip.conf /etc/xdg/pip "$HOME/.config/pip" "$HOME/.pip"; do
    if [ -e "$path" ]; then binds+=("--bind-ro=$path:${path/#$HOME//root}"); fi
done
for path in $(python3 -m pip config list 2>/dev/null | grep -oE "(file://)?/[A-Za-z0-9._/-]+" | grep -v '^//' | sed 's#^file://##' | sort -u); do
    path="${path%/simple}" # an index in a folder names files beside it
    case $path in
        /etc/ssl/*) cp "$path" "$root/try/ca.crt" ;; # Debian makes its own there
        *) if [ -e "$path" ]; then binds+=("--bind-ro=$path"); fi ;;
    esac
done
passed=()
for name in $(compgen -e | grep -E '^(PIP_|SSL_CERT|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)' || true); do
    passed+=("--setenv=$name=${!name}")
done

if [ -e "$root/try/ca.crt" ]; then passed+=(--setenv=PIP_CERT=/try/ca.crt); fi

echo "Steps that fetch …"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d" # nothing may listen on this machine's ports
chmod +x "$root/usr/sbin/policy-rc.d"
mv "$root/try/online-values.sh" "$root/try/values.sh"
systemd-nspawn --quiet --register=no --keep-unit --console=pipe --resolv-conf=copy-host --directory="$root" \
    "${binds[@]}" "${passed[@]}" --setenv=DEBIAN_FRONTEND=noninteractive \
    /bin/bash -euxo pipefail /try/online.sh > "$folder/online.log" 2>&1 || {
    tail -30 "$folder/online.log"
    if grep -aqE 'Unable to fetch|Temporary failure|Could not fetch|No matching distribution|Connection|not permitted' \
        "$folder/online.log"; then echo "Not tried: a container cannot fetch what the page needs."; exit 77; fi
    exit 1
}
rm "$root/usr/sbin/policy-rc.d"

echo "The other steps …"
cat > "$root/etc/systemd/system/try-deploy.service" <<'END'
[Unit]
After=basic.target
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
ExecStart=/bin/bash /try/all.sh
StandardOutput=append:/try/log
StandardError=append:/try/log
TimeoutStartSec=1000
END
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../try-deploy.service "$root/etc/systemd/system/multi-user.target.wants/"
timeout 1100 systemd-nspawn --quiet --register=no --keep-unit --console=pipe --private-network --directory="$root" --boot \
    > "$folder/boot.log" 2>&1 < /dev/null || true
if [ ! -e "$root/try/log" ]; then
    tail -30 "$folder/boot.log"
    echo "Not tried: systemd does not boot in a container here."
    exit 77
fi
if [ ! -e "$root/try/done" ]; then
    tail -80 "$root/try/log" || tail -30 "$folder/boot.log"
    echo "docs/deploy.md does not lead to the first edition."
    exit 1
fi
grep -avE '^\++ ' "$root/try/log" | tail -60

echo "What compose.yaml runs, without root, without capabilities, on a read-only file system …"
cp "$here/deploy/try_containers.py" "$here/deploy/compose.yaml" "$root/try/"
echo '127.0.0.1 localhost prefect' > "$root/etc/hosts"
chroot "$root" useradd --uid 10001 --create-home --home-dir /srv/newsletter --shell /usr/sbin/nologin contained
mkdir "$folder/newsletter" && chown 10001 "$folder/newsletter"
timeout 700 systemd-nspawn --quiet --register=no --keep-unit --console=pipe --private-network --directory="$root" \
    --read-only --tmpfs=/tmp:mode=1777 --bind="$folder/newsletter:/srv/newsletter" \
    --user=contained --drop-capability=all --no-new-privileges=yes \
    /opt/digest/bin/python /try/try_containers.py /try/compose.yaml > "$folder/containers.log" 2>&1 < /dev/null ||
    { tail -60 "$folder/containers.log"; exit 1; }
grep -aE '^(as user|[a-z]+: (healthy|runs))' "$folder/containers.log"
echo "docs/deploy.md leads to the first edition, for two newsletters on one machine."
