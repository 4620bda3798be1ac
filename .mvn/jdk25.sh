# Sourced by mvnw and slipway: puts the home of a JDK 25 (or newer) into JAVA_HOME, or says plainly what to do.

jdk_release() { # prints the major version of the JDK in $1, or 0
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || { echo 0; return; }
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" | head -n 1
}

find_jdk() {
  on_path=""
  javac=$(command -v javac 2>/dev/null) && on_path=$(dirname "$(dirname "$(readlink -f "$javac" 2>/dev/null || echo "$javac")")")
  for home in "${JAVA_HOME:-}" "$on_path" \
    /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* /opt/*jdk* /usr/local/openjdk* \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.local/share/mise/installs/java/* "$HOME"/.asdf/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    [ -n "$home" ] || continue
    release=$(jdk_release "$home")
    if [ "${release:-0}" -ge 25 ]; then
      JAVA_HOME=$home
      export JAVA_HOME
      return 0
    fi
  done
  cat >&2 <<'END'
Slipway needs a JDK 25 or newer, and none was found in JAVA_HOME, on the PATH or in the usual places.
Install one (Debian and Ubuntu: the package temurin-25-jdk or openjdk-25-jdk; macOS: brew install openjdk@25; SDKMAN: sdk install java 25-tem),
or point JAVA_HOME at it:  JAVA_HOME=/path/to/jdk-25
END
  return 1
}
