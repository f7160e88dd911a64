# Two registries on one storage: an open one and one that asks for a password. Sourced by `lab`.

REGISTRY=$LAB_NET.254:5000
PRIVATE_REGISTRY=$LAB_NET.254:5001
PRIVATE_USER=sailor
PRIVATE_PASSWORD=ahoy-from-the-lab

registry_up() {
  if [[ ! -d $LAB_DIR/registry ]]; then
    cp -a "$(images_template)/registry" "$LAB_DIR/registry.part"
    mv "$LAB_DIR/registry.part" "$LAB_DIR/registry"
  fi
  # perl's crypt is libcrypt's, which knows bcrypt, the one hash that docker-registry takes
  perl -e 'printf "%s:%s\n", $ARGV[0], crypt($ARGV[1], q($2y$05$coxswainlabcoxswainlabu))' \
    "$PRIVATE_USER" "$PRIVATE_PASSWORD" >"$LAB_DIR/htpasswd"
  registry_start open "$REGISTRY" ''
  registry_start private "$PRIVATE_REGISTRY" "auth: {htpasswd: {realm: lab, path: $LAB_DIR/htpasswd}}"
  until_ok 10 registry_answers || die "the registry does not answer, see $LAB_DIR/registry-open.log"
}

registry_start() {
  local name=$1 file=$LAB_DIR/registry-$1
  live_pid "$file.pid" >/dev/null && return
  cat >"$file.yml" <<YML
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $LAB_DIR/registry}, delete: {enabled: true}}
http: {addr: $2, secret: lab-$name}
$3
YML
  setsid docker-registry serve "$file.yml" </dev/null >"$file.log" 2>&1 9>&- &
  remember "$file.pid" $!
  disown $!
}

registry_answers() {
  curl -sf -o /dev/null "http://$REGISTRY/v2/" &&
    curl -sf -o /dev/null -u "$PRIVATE_USER:$PRIVATE_PASSWORD" "http://$PRIVATE_REGISTRY/v2/"
}

registry_down() {
  local name pid
  for name in open private; do
    pid=$(live_pid "$LAB_DIR/registry-$name.pid") || continue
    kill -9 "$pid" 2>/dev/null || true
    until_ok 5 gone "$pid" || say "registry process $pid did not end"
    rm -f "$LAB_DIR/registry-$name.pid"
  done
}
