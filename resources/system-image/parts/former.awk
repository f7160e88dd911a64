# The backends that only a former file of rules has, as commands that add them to the table, for the last requests of a
# configuration that still leads there:
#
#   awk -f former.awk backends.nft former.nft
#
# Both are as src-main/network/plan/ingress/backends.ts writes them:
#
#   chain to-1234 {
#     meta l4proto tcp dnat ip to numgen random mod 1 map { 0 : 10.244.0.5 . 8080 }
#   }

FNR == 1 { file++ }
$1 == "chain" && $2 ~ /^to-[0-9]+$/ {
  if (file == 1) known[$2] = 1
  else if (!($2 in known)) name = $2
  next
}
$1 == "}" { name = "" }
name != "" {
  sub(/^ */, "")
  print "add chain ip coxswain-ingress " name
  print "add rule ip coxswain-ingress " name " " $0
  print "add element ip coxswain-ingress backends { " substr(name, 4) " : goto " name " }"
}
