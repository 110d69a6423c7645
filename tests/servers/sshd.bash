# Sourced by tests that need a real sshd: start_sshd FOLDER starts one on a free port of 127.0.0.1 with keys of its own, sets
# SSHD_PORT and MLOPS_SSH_CONFIG; stop_sshd ends it. Needs root, as sshd does.
# shellcheck shell=bash
sshd_pid=

start_sshd() {
  local folder=$1
  mkdir -p "$folder" /run/sshd
  [ -e "$folder/host" ] || ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
  [ -e "$folder/client" ] || ssh-keygen -q -t ed25519 -N '' -f "$folder/client"
  SSHD_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat >"$folder/sshd_config" <<C
Port $SSHD_PORT
ListenAddress 127.0.0.1
HostKey $folder/host
AuthorizedKeysFile $folder/client.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PidFile none
MaxStartups 100
Subsystem sftp internal-sftp
C
  cat >"$folder/ssh_config" <<C
Host *
  IdentityFile $folder/client
  IdentitiesOnly yes
  UserKnownHostsFile $folder/known_hosts
  StrictHostKeyChecking accept-new
  LogLevel ERROR
C
  export MLOPS_SSH_CONFIG=$folder/ssh_config SSHD_PORT
  /usr/sbin/sshd -D -e -f "$folder/sshd_config" 2>"$folder/log" &
  sshd_pid=$!
  for _ in $(seq 100); do
    if ssh -F "$folder/ssh_config" -p "$SSHD_PORT" -l root 127.0.0.1 true 2>/dev/null; then return; fi
    sleep 0.1
  done
  cat "$folder/log" >&2
  return 1
}

stop_sshd() { if [ -n "$sshd_pid" ]; then kill "$sshd_pid" 2>/dev/null || true; wait "$sshd_pid" 2>/dev/null || true; sshd_pid=; fi; }
