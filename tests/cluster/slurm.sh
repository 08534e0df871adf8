#!/usr/bin/env bash
# A Slurm of two nodes of one core each on the loopback address, for tests:
#   slurm.sh start FOLDER     prints "export SLURM_CONF=..."
#   slurm.sh down FOLDER n2   shuts a node down: its jobs are lost and queued again
#   slurm.sh up FOLDER n2     brings it back, and waits until it is idle
#   slurm.sh stop FOLDER      ends what start has started, by process id
# Packages slurm-wlm and munge; run as root. FOLDER is made if it is not there, and must be readable for user munge.
set -euo pipefail

what=${1:?start, down, up or stop}
folder=$(realpath -m "${2:?a folder}")  # the daemons change theirs
host=$(hostname -s)
export SLURM_CONF=$folder/slurm.conf

# Ends the process whose id a daemon has left in a file, if it is that daemon still.
end() {
    local name=$1 file=$folder/$2.pid pid
    [ -s "$file" ] || return 0
    pid=$(cat "$file")
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$name" ]; then
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null || true
    fi
    rm -f "$file"
}

stop() {
    scancel --quiet --user="$(id -un)" 2>/dev/null || true
    sleep 1  # what ran is told before its daemon goes
    end slurmd slurmd-n1
    end slurmd slurmd-n2
    end slurmctld slurmctld
    end munged munged
}

configure() {
    mkdir -p "$folder"/{state,spool-n1,spool-n2,log}
    cat >"$SLURM_CONF" <<CONF
ClusterName=espalier-test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CryptoType=crypto/munge
SlurmctldPort=$port
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool-%n
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/slurmd-%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd-%n.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=1
JobRequeue=1
SlurmdTimeout=20
KillWait=5
SchedulerParameters=sched_interval=2,bf_interval=2,defer
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES State=UP
CONF
}

# Waits until the nodes, "n1 n2", are idle; false after 30 s.
wait_for_idle() {
    for _ in $(seq 60); do
        [ "$(sinfo -h -N -n "${1// /,}" -t idle -o %N 2>/dev/null | sort | xargs)" = "$1" ] && return
        sleep 0.5
    done
    return 1
}

start() {
    trap stop EXIT  # what has been started by then
    port=$((20000 + $$ % 4000 * 4))
    configure
    if [ ! -s "$folder/munge.key" ]; then
        head -c 1024 /dev/urandom >"$folder/munge.key"
        chmod 400 "$folder/munge.key"
    fi
    chown munge "$folder" "$folder/munge.key"
    runuser -u munge -- /usr/sbin/munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
        --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" --seed-file="$folder/munged.seed"
    slurmctld -f "$SLURM_CONF" >"$folder/log/start" 2>&1
    for node in n1 n2; do slurmd -f "$SLURM_CONF" -N "$node" >>"$folder/log/start" 2>&1; done
    if ! wait_for_idle "n1 n2"; then
        echo "slurm.sh: the two nodes were not idle after 30 s; see $folder/log" >&2
        exit 1
    fi
    trap - EXIT
    echo "export SLURM_CONF=$SLURM_CONF"
}

down() {
    local node=${3:?a node}
    scontrol update "nodename=$node" state=down reason=test
    end slurmd "slurmd-$node"
}

up() {
    local node=${3:?a node}
    [ -s "$folder/slurmd-$node.pid" ] || slurmd -f "$SLURM_CONF" -N "$node" >>"$folder/log/start" 2>&1
    scontrol update "nodename=$node" state=resume 2>/dev/null || true  # refused where it has come back by itself
    wait_for_idle "$node" || { echo "slurm.sh: $node was not idle after 30 s; see $folder/log" >&2; exit 1; }
}

case $what in
    start) start ;;
    stop) stop ;;
    down) down "$@" ;;
    up) up "$@" ;;
    *) echo "slurm.sh: \"$what\", expected start, down, up or stop" >&2; exit 2 ;;
esac
