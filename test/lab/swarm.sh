# One Docker Swarm over the lab's servers, the peer that benchmarks compare with. Sourced by `lab`.

swarm_up() {
  local first token n
  first=$(server_numbers | head -1)
  dock "$first" swarm init --advertise-addr "$(address "$first")" >/dev/null
  token=$(dock "$first" swarm join-token -q worker)
  for n in $(server_numbers | tail -n +2); do
    dock "$n" swarm join --token "$token" "$(address "$first"):2377" >/dev/null
  done
}

swarm_down() {
  local n
  for n in $(server_numbers | tac); do
    dock "$n" swarm leave --force >/dev/null 2>&1 || true # one that is off or in no swarm has nothing to leave
  done
}
