# What makes the table of one file of rules that of another: commands for nft, in one transaction. Ends with 1 where the
# table is to be replaced as a whole.
#
#   awk -f change.awk rules.now rules.next
#
# Both are as src-main/network/plan/ruleset.ts writes them: one table, of chains with a rule a line, and of sets and maps
# with an element a line. A chain at a hook of the kernel is never changed, nor is what lies outside chains, sets and maps.

FNR == 1 { file++ }

/^  (chain|map|set) [^ ]+ \{$/ {
  block = $1 " " $2
  blocks[file, count[file]++] = block
  known[file, block] = 1
  next
}
/^  \}$/ { block = ""; next }
block == "" { rest[file] = rest[file] "\n" $0; next }
block ~ /^chain / {
  if (/^    type [a-z]+ hook /) hooked[block] = 1
  lines[file, block, size[file, block]++] = $0
  body[file, block] = body[file, block] "\n" $0
  next
}
/^    elements = |^      / {
  sub(/^    elements = \{ |^      /, "")
  sub(/,$| \}$/, "")
  lines[file, block, size[file, block]++] = $0
  next
}
{ type[file, block] = type[file, block] $0 }

function put(section, line) { script[section, length_of[section]++] = line }

function name_of(block) { return substr(block, index(block, " ") + 1) }

# The key of an element, which is all of it but in maps.
function key_of(element) { return index(element, " : ") ? substr(element, 1, index(element, " : ") - 1) : element }

function put_rules(block,   i) {
  for (i = 0; i < size[2, block]; i++) put("rules", "add rule ip coxswain " name_of(block) " " lines[2, block, i])
}

function put_elements(section, command, block, elements) {
  if (elements != "") put(section, command " element ip coxswain " name_of(block) " { " substr(elements, 3) " }")
}

function compare_chain(block) {
  if (body[1, block] == body[2, block]) return
  put("flush", "flush chain ip coxswain " name_of(block))
  put_rules(block)
}

function compare_elements(block,   i, element, gone, new) {
  for (i = 0; i < size[1, block]; i++) had[block, lines[1, block, i]] = 1
  for (i = 0; i < size[2, block]; i++) {
    element = lines[2, block, i]
    has[block, element] = 1
    if (!((block, element) in had)) new = new ", " element
  }
  for (i = 0; i < size[1, block]; i++) {
    element = lines[1, block, i]
    if (!((block, element) in has)) gone = gone ", " key_of(element)
  }
  put_elements("remove", "delete", block, gone)
  put_elements("fill", "add", block, new)
}

function compare(block) {
  if ((block in hooked) && body[1, block] != body[2, block] || type[1, block] != type[2, block]) exit 1
  if (block ~ /^chain /) compare_chain(block)
  else compare_elements(block)
}

function create(block,   i) {
  if ((block in hooked) || block !~ /^chain /) exit 1
  put("create", "add chain ip coxswain " name_of(block))
  put_rules(block)
}

function destroy(block) {
  if ((block in hooked) || block !~ /^chain /) exit 1
  put("flush", "flush chain ip coxswain " name_of(block))
  put("destroy", "delete chain ip coxswain " name_of(block))
}

END {
  if (file != 2 || rest[1] != rest[2]) exit 1
  for (i = 0; i < count[1]; i++) if (!((2, blocks[1, i]) in known)) destroy(blocks[1, i])
  for (i = 0; i < count[2]; i++) {
    if ((1, blocks[2, i]) in known) compare(blocks[2, i])
    else create(blocks[2, i])
  }
  # a chain must be there before something leads to it, and nothing may lead to it when it goes
  sections = split("create remove flush rules fill destroy", section, " ")
  for (i = 1; i <= sections; i++) {
    for (j = 0; j < length_of[section[i]]; j++) print script[section[i], j]
  }
}
