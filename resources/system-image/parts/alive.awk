# The ruleset without the endpoints of servers that do not answer, wherever a Service has others left.
#
#   awk -v lost='10.244.1.1 10.244.2.1' -f alive.awk ruleset.nft
#
# `lost` are the gateways of those servers' pods. Endpoints are the values of anonymous maps, as
# src-main/network/plan/service-rules.ts writes them: `… mod 2 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.1.5 . 8080 } …`

BEGIN {
  count = split(lost, gateways, " ")
  for (i = 1; i <= count; i++) gone[network(gateways[i])] = 1
}

function network(address) {
  match(address, /^[0-9]+\.[0-9]+\.[0-9]+\./)
  return substr(address, 1, RLENGTH)
}

/ mod [0-9]+ map \{ 0 : / {
  begin = index($0, " map { ") + length(" map { ")
  head = substr($0, 1, begin - 1)
  rest = substr($0, begin)
  size = index(rest, " }")
  tail = substr(rest, size)
  count = split(substr(rest, 1, size - 1), elements, ", ")
  left = 0
  for (i = 1; i <= count; i++) {
    target[i] = substr(elements[i], index(elements[i], " : ") + 3)
    if (!(network(target[i]) in gone)) alive[left++] = target[i]
  }
  if (left == 0 || left == count) { print; next }
  # by the client's address: the clients of the others stay where they are
  sticky = head ~ /jhash/
  total = sticky ? count : left
  if (!sticky) sub(/ mod [0-9]+ map /, " mod " left " map ", head)
  list = ""
  for (i = 0; i < total; i++) {
    choice = !sticky || network(target[i + 1]) in gone ? alive[i % left] : target[i + 1]
    list = list (i ? ", " : "") i " : " choice
  }
  print head list tail
  next
}

{ print }
