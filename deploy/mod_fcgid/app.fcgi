#!/bin/sh
# Starts a Node application on a host for PHP: under Apache's mod_fcgid, or as a CGI program where there is
# no FastCGI. Upload it in text mode (Unix line ends), with the permissions 755.

# The application's folder, seen from the folder of this file; the rest is seen from the application's folder.
APP_FOLDER=../app
START=start.mjs
LOG=logs/app.log

# Bytes of the log, above which the next start begins a new one.
MAX_LOG=10000000

# The program node, if it is not found by itself: NODE=/home/me/node/bin/node
NODE=

# Node 20.19 or later.
MIN_MAJOR=20
MIN_MINOR=19

# Says why there is no application: in the log, and to whoever asks. Under mod_fcgid only a FastCGI program can
# answer: Perl, where there is one. Else Apache answers with its own page.
give_up() {
  printf '%s app.fcgi: %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$1" >&2
  head='Status: 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store'
  page=$(printf "$head"'\r\n\r\nThe application cannot start.\n\n%s' "$1")
  [ -z "$GATEWAY_INTERFACE" ] || { printf '%s\n' "$page" && exit 0; }
  exec perl -e '
    # Not for long: the next program finds what was mended meanwhile.
    $SIG{ALRM} = sub { exit };
    alarm 5;
    while (accept(my $request, STDIN)) {
      my ($type, $id, $length, $padding, $head, $content);
      # Until the empty record of FCGI_STDIN.
      until ($type == 5 && $length == 0) {
        last if read($request, $head, 8) < 8;
        ($type, $id, $length, $padding) = unpack("xCnnC", $head);
        read($request, $content, $length + $padding);
      }
      my $record = sub { pack("CCnnxx", 1, $_[0], $id, length($_[1])) . $_[1] };
      # FCGI_STDOUT with the page, its empty record, and FCGI_END_REQUEST.
      print $request $record->(6, $ARGV[0]), $record->(6, ""), $record->(3, "\0" x 8);
      close $request;
    }' "$page"
}

# Errors go to the log file, or to the web server's error log where the file cannot be written.
open_log() {
  mkdir -p "$(dirname "$LOG")" 2>/dev/null
  if ! (: >>"$LOG") 2>/dev/null; then
    printf 'app.fcgi: cannot write %s/%s, so errors go here\n' "$(pwd)" "$LOG" >&2
    return
  fi
  [ "$(wc -c <"$LOG")" -le "$MAX_LOG" ] || mv -f "$LOG" "$LOG.old"
  exec 2>>"$LOG"
  # The standard output of a CGI program is its response.
  [ -n "$GATEWAY_INTERFACE" ] || exec >>"$LOG"
}

# Where node may be when PATH does not say it: suexec and mod_fcgid hand down neither PATH nor HOME of a login.
candidates() {
  [ -n "$NODE" ] && printf '%s\n' "$NODE" && return
  command -v node
  [ -n "$HOME" ] || eval "HOME=~$(id -un)"
  for file in "$HOME"/bin/node "$HOME"/.nvm/versions/node/*/bin/node \
    "$HOME"/.volta/bin/node "$HOME"/.local/bin/node "$HOME"/node*/bin/node "$HOME"/opt/*/bin/node \
    "$HOME"/nodevenv/*/*/bin/node /usr/local/bin/node /usr/bin/node \
    /opt/*/bin/node /opt/*/*/bin/node /opt/plesk/node/*/bin/node /opt/alt/alt-nodejs*/root/usr/bin/node; do
    [ -x "$file" ] && printf '%s\n' "$file"
  done
}

# Whether a version, as node -v prints it, is new enough.
is_new_enough() {
  major=${1#v}
  minor=${major#*.}
  major=${major%%.*}
  minor=${minor%%.*}
  [ "$major" -gt "$MIN_MAJOR" ] || { [ "$major" -eq "$MIN_MAJOR" ] && [ "$minor" -ge "$MIN_MINOR" ]; }
}

# Prints the first node that runs and is new enough; else what is wrong with those that were found.
find_node() {
  found=
  while read -r file; do
    [ -n "$file" ] || continue
    version='not there, or not executable'
    [ -x "$file" ] && version=$("$file" -v 2>&1 | head -n 1)
    case $version in
      v[0-9]*.[0-9]*) is_new_enough "$version" && printf '%s\n' "$file" && return ;;
    esac
    found="$found
  $file: $version"
  done <<LIST
$(candidates)
LIST
  printf '%s\n' "$found"
  return 1
}

cd "$(dirname "$0")" || exit 1
cd "$APP_FOLDER" 2>/dev/null ||
  give_up "There is no folder $APP_FOLDER, seen from $(pwd). Set APP_FOLDER at the top of app.fcgi."
open_log
[ -r "$START" ] || give_up "There is no file $START in $(pwd). Set START at the top of app.fcgi."
[ -d node_modules ] || give_up "There is no folder node_modules in $(pwd). Run npm install there, or upload it."
node=$(find_node) || give_up "Node $MIN_MAJOR.$MIN_MINOR or later was not found. \
Install it, or set NODE at the top of app.fcgi. Found:${node:- nothing}"

# Express shows its errors to clients unless this is production.
export NODE_ENV="${NODE_ENV:-production}"
exec "$node" "$START"
