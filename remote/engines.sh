#!/bin/sh
# Part of start.sh; not run by itself. Settings of the engines that the inventory has: HOME/etc/engines, a line each,
# tab-separated: FILE KEY VALUE. FILE is elasticsearch.yml, gremlin-log4j.properties,
# spark-defaults.conf or spark-log4j.properties.
# After lib.sh and starting.sh.
# shellcheck disable=SC2034,SC2154 # variables shared with the scripts

# Trueno writes elasticsearch.yml anew at each start, and pm2 starts an engine again without it. So bash itself puts the
# settings in place before it runs an engine's launcher: it reads the file that BASH_ENV names. Sets $bash_env, empty
# where there is nothing to put in place.
prepare_engines() { # HOME
  bash_env=
  wanted=$(grep -m 1 '^TRUENO_DEPLOY_ENGINES=' "$1/etc/environment" 2>/dev/null) || return 0
  hash_of "$1/etc/engines"
  [ "$hash" = "${wanted#*=}" ] || fail 74 "$1/etc/engines is not the file that the settings were made with"
  # shellcheck disable=SC2016 # bash expands it, so that no path has to be quoted for that
  bash_env='$TRUENO_DEPLOY_HOME/run/engines.bash'
  write_whole "$1/run/engines.bash" <<'HOOK'
# Made by trueno-deploy at each start; bash reads it before it runs a launcher of pm2.

# Prints BASE with the settings for FILE in the place of those with the same keys; an indented line goes with its key.
trueno_deploy_laid_over() { # FILE BASE
  file=$1 engines=$TRUENO_DEPLOY_HOME/etc/engines LC_ALL=C awk '
    BEGIN {
      name = ENVIRON["file"]
      yaml = name ~ /yml$/
      between = yaml ? ": " : name ~ /conf$/ ? " " : "="
      while ((getline line < ENVIRON["engines"]) > 0) {
        split(line, field, "\t")
        if (field[1] != name) continue
        keys[++count] = field[2]
        values[field[2]] = substr(line, length(field[1] field[2]) + 3)
      }
    }
    yaml && /^[ \t-]/ { if (!dropped) print; next }
    {
      key = $0
      sub(/^[ \t]*/, "", key)
      sub(yaml ? ":.*" : "[ \t=:].*", "", key)
      dropped = key in values
      if (!dropped) print
    }
    END { for (i = 1; i <= count; i++) print keys[i] between values[keys[i]] }
  ' "$2"
}

trueno_deploy_put() { # FILE BASE RESULT
  if trueno_deploy_laid_over "$1" "$2" >"$3.new-$$" && mv -f "$3.new-$$" "$3"; then return 0; fi
  echo "trueno-deploy: cannot put the settings of the inventory into $3" >&2
  exit 1
}

trueno_deploy_spark() { # COMPONENT CONF
  rm -rf "$2"
  mkdir -p "$2" || exit 1
  [ ! -d "$1/conf" ] || cp -R "$1/conf/." "$2/" || exit 1
  touch "$2/spark-defaults.conf"
  trueno_deploy_put spark-defaults.conf "$2/spark-defaults.conf" "$2/spark-defaults.conf"
  grep -q '^spark-log4j.properties' "$TRUENO_DEPLOY_HOME/etc/engines" || return 0
  # As Spark logs without any file: Trueno waits for a line of it on standard error.
  [ -e "$2/log4j.properties" ] || printf 'log4j.%s\n' 'rootCategory=INFO, console' \
    'appender.console=org.apache.log4j.ConsoleAppender' 'appender.console.target=System.err' \
    'appender.console.layout=org.apache.log4j.PatternLayout' \
    'appender.console.layout.ConversionPattern=%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n' >"$2/log4j.properties"
  trueno_deploy_put spark-log4j.properties "$2/log4j.properties" "$2/log4j.properties"
}

trueno_deploy_gremlin() { # COMPONENT PROPERTIES
  grep -q '^gremlin-log4j.properties' "$TRUENO_DEPLOY_HOME/etc/engines" || return 0
  if [ -e "$1/conf/log4j-server.properties" ]; then
    cp "$1/conf/log4j-server.properties" "$2" || exit 1
  else
    # As the Gremlin server logs: Trueno waits for a line of it on standard output.
    printf 'log4j.%s\n' 'rootLogger=INFO, stdout' 'appender.stdout=org.apache.log4j.ConsoleAppender' \
      'appender.stdout.layout=org.apache.log4j.PatternLayout' \
      'appender.stdout.layout.ConversionPattern=[%p] %C{1} - %m%n' >"$2" || exit 1
  fi
  trueno_deploy_put gremlin-log4j.properties "$2" "$2"
  # Of two the later counts, and the launcher's own comes before. Without any it sets the heap.
  export JAVA_OPTIONS="${JAVA_OPTIONS:--Xms32m -Xmx512m} -Dlog4j.configuration=file:$2"
}

case $0 in
  */gremlin_server/bin/gremlin-server.sh)
    unset BASH_ENV
    trueno_deploy_gremlin "${0%/bin/*}" "$TRUENO_DEPLOY_HOME/run/gremlin-log4j.properties"
    ;;
  */elasticsearch/bin/elasticsearch)
    unset BASH_ENV
    trueno_deploy_put elasticsearch.yml "${0%/bin/*}/config/elasticsearch.yml" "${0%/bin/*}/config/elasticsearch.yml"
    ;;
  */spark/bin/spark-class)
    unset BASH_ENV
    export SPARK_CONF_DIR="$TRUENO_DEPLOY_HOME/run/spark-conf"
    trueno_deploy_spark "${0%/bin/*}" "$SPARK_CONF_DIR"
    ;;
esac
unset -f trueno_deploy_laid_over trueno_deploy_put trueno_deploy_spark trueno_deploy_gremlin
HOOK
}
