# The images every server starts with. Sourced by `lab`.
#
# They are built once, on a server that exists only for that, and kept in LAB_CACHE as a template: the layers of an
# engine and the storage of a registry. A new server is a copy of the template, made of hard links: an engine never
# writes into a finished layer, it only adds and deletes them.

BASE_IMAGE=debian:bookworm-slim # the name that Dockerfiles use, so that their FROM works without a network
BASE_PACKAGES=iproute2,nftables,iptables,dnsmasq-base,wireguard-tools,curl,ca-certificates,procps,iputils-ping
BASE_PACKAGES+=,netcat-openbsd,python3-minimal
WEB_TAGS=(1 2 3)
COLD_TAG=cold # in the registry only, to test pulls
SYSTEM_IMAGE=$LAB_HOME/../../resources/system-image
BUILDER=100   # the building server's number; `each` stops at 99

# Image names hold the registry's address, and everything depends on what is built from.
images_template() {
  printf '%s/template-%s-%s' "$LAB_CACHE" "$LAB_NET" \
    "$(cat "$LAB_HOME"/images/web/* "$LAB_HOME/images.sh" "$SYSTEM_IMAGE/Dockerfile" | sha256sum | cut -c1-12)"
}

# As src-main/network/system-image.ts names it. A server that has an older one finds all but its last layers there.
images_system_name() {
  local file
  cd "$SYSTEM_IMAGE"
  printf 'coxswain/system:%s' "$(find . -type f -printf '%P\n' | LC_ALL=C sort | while IFS= read -r file; do
    printf '%s\0' "$file"
    cat "$file"
  done | sha256sum | cut -c1-12)"
}

images_build() {
  local template
  template=$(images_template)
  [[ ! -d $template ]] || return 0
  mkdir -p "$LAB_CACHE"
  # two labs may come up at the same time: one builds, the other waits and finds the template
  exec 8>"$LAB_CACHE/lock"
  flock 8
  if [[ ! -d $template ]]; then
    images_base
    say "building the images"
    images_build_template "$template"
  fi
  exec 8>&-
}

# A minimal Debian, built by debootstrap from the package mirror, about a minute.
images_base() {
  local tar=$LAB_CACHE/debian.tar root=$LAB_CACHE/debian.root
  [[ ! -f $tar ]] || return 0
  say "building the base image (debootstrap)"
  rm -rf "$root"
  debootstrap --variant=minbase --include="$BASE_PACKAGES" bookworm "$root" >"$LAB_CACHE/debootstrap.log" 2>&1 \
    8>&- 9>&- || { tail -5 "$LAB_CACHE/debootstrap.log" >&2; die "debootstrap failed, see $LAB_CACHE/debootstrap.log"; }
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/share/{doc,man,locale}
  tar -C "$root" -cf "$tar.part" .
  mv "$tar.part" "$tar"
  rm -rf "$root"
}

images_build_template() {
  local template=$1 part=$1.part tag context
  rm -rf "$part" "$LAB_DIR/registry"
  mkdir -p "$part/registry" "$LAB_DIR/registry"
  context=$LAB_DIR/web
  mkdir -p "$context"
  cp "$LAB_HOME/images/web/Dockerfile" "$context/"
  gcc -O2 -Wall -Wextra -static -pthread -s -o "$context/web" "$LAB_HOME/images/web/web.c"

  registry_up
  boot "$BUILDER" 8>&-
  dock "$BUILDER" import -c 'CMD ["/bin/bash"]' "$LAB_CACHE/debian.tar" "$BASE_IMAGE" >/dev/null
  dock "$BUILDER" tag "$BASE_IMAGE" "$REGISTRY/$BASE_IMAGE"
  dock "$BUILDER" push -q "$REGISTRY/$BASE_IMAGE" >/dev/null
  for tag in "${WEB_TAGS[@]}" "$COLD_TAG"; do
    DOCKER_BUILDKIT=0 dock "$BUILDER" build -q --build-arg "VERSION=$tag" -t "$REGISTRY/web:$tag" "$context" \
      >/dev/null 2>"$LAB_DIR/build.log" || { cat "$LAB_DIR/build.log" >&2; die "could not build web:$tag"; }
    dock "$BUILDER" push -q "$REGISTRY/web:$tag" >/dev/null
  done
  dock "$BUILDER" rmi "$REGISTRY/web:$COLD_TAG" >/dev/null
  DOCKER_BUILDKIT=0 dock "$BUILDER" build -q --network host -t "$(images_system_name)" "$SYSTEM_IMAGE" \
    >/dev/null 2>"$LAB_DIR/build.log" || { cat "$LAB_DIR/build.log" >&2; die "could not build the system image"; }
  docker_stop "$BUILDER"
  power_cut "$BUILDER"
  registry_down

  cp -a "$LAB_DIR/registry/." "$part/registry/"
  mv "$(server_dir "$BUILDER")"/disk/var/lib/docker/{overlay2,image} "$part/"
  rm -rf "$(server_dir "$BUILDER")" "$LAB_DIR/registry" "$context"
  # of this network, only the newest template is of use
  find "$LAB_CACHE" -maxdepth 1 -name "template-$LAB_NET-*" ! -path "$part" -exec rm -rf {} +
  mv "$part" "$template"
}

# images_preload FOLDER: an engine's data folder with the images in it. Empty on the building server.
images_preload() {
  local template
  template=$(images_template)
  [[ -d $template ]] || return 0
  cp -al "$template"/{overlay2,image} "$1/" 2>/dev/null || cp -a "$template"/{overlay2,image} "$1/"
}
