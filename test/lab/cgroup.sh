# Control groups of the lab's servers, for cgroup v1 and v2 hosts. Sourced by `lab`.
#
# A server gets one group per hierarchy and sees it as the root of its own tree (a cgroup namespace), so its dockerd
# works as on a machine of its own and nothing it makes can leak outside that group.

# Mount points of all hierarchies that have controllers: one on v2, about ten on v1.
cgroup_mounts() {
  if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then
    echo /sys/fs/cgroup
  else
    findmnt -t cgroup -n -o TARGET
  fi
}

# cgroup_create NAME: makes the group in every hierarchy and prints its folders.
cgroup_create() {
  local mount controller file
  cgroup_remove "$1"
  while read -r mount; do
    if [[ -f $mount/cgroup.controllers ]]; then
      for controller in $(<"$mount/cgroup.controllers"); do
        echo "+$controller" 2>/dev/null >"$mount/cgroup.subtree_control" || true # one that refuses is not offered
      done
    fi
    mkdir -p "$mount/$1"
    # v1: a new cpuset is empty and takes no process
    for file in cpuset.cpus cpuset.mems; do
      [[ ! -f $mount/$1/$file || -f $mount/cgroup.controllers ]] || cat "$mount/$file" >"$mount/$1/$file"
    done
    echo "$mount/$1"
  done < <(cgroup_mounts)
}

# cgroup_remove PATTERN: deletes groups whose processes are gone. The kernel may need a moment to notice that.
cgroup_remove() {
  local mount group
  while read -r mount; do
    for group in "$mount"/$1; do
      [[ ! -d $group ]] || until_ok 2 cgroup_remove_tree "$group" || say "could not remove $group"
    done
  done < <(cgroup_mounts)
}

cgroup_remove_tree() {
  [[ -d $1 ]] || return 0
  find "$1" -depth -type d -exec rmdir {} +
}
