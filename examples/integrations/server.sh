#!/usr/bin/env bash
# Start or stop a store for the examples: server.sh neo4j|mongodb|jena_fuseki start|stop
#
# With Docker, the server runs from an image. Without it, tests/services/graph_stores.py installs the server as a package
# from Maven or Go. For MongoDB, this is Mongo Java Server, which requires no password and stores nothing on disk.
# The server listens on PORT of 127.0.0.1 only, with the password PASSWORD. A package keeps its files in out/, next to
# this script.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
store=${1:-} action=${2:-}
export PASSWORD=${PASSWORD:-provenance}
folder=${OUT:-$here/out}/$store
name=mlflow2prov-$store

case $store in
neo4j) port=${PORT:-7687} package=neo4j
    image=(-p "127.0.0.1:$port:7687" -e "NEO4J_AUTH=neo4j/$PASSWORD" neo4j:5) ;;
mongodb) port=${PORT:-27017} package=mongo-java-server
    image=(-p "127.0.0.1:$port:27017" -e MONGO_INITDB_ROOT_USERNAME=owner -e "MONGO_INITDB_ROOT_PASSWORD=$PASSWORD" mongo:7) ;;
jena_fuseki) port=${PORT:-3030} package=fuseki
    image=(-p "127.0.0.1:$port:3030" -e "ADMIN_PASSWORD=$PASSWORD" -e FUSEKI_DATASET_1=provenance stain/jena-fuseki) ;;
*) echo "usage: server.sh neo4j|mongodb|jena_fuseki start|stop" >&2; exit 2 ;;
esac

has_docker() { [ -z "${NO_DOCKER:-}" ] && command -v docker >/dev/null && docker info >/dev/null 2>&1; }
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

case $action in
start)
    if listens; then echo "port $port is in use; set PORT to another" >&2; exit 1; fi
    if has_docker; then
        docker run --detach --rm --name "$name" "${image[@]}" >/dev/null
    else
        mkdir -p "$folder"
        python=$(command -v python3 || command -v python)
        "$python" "$here/../../tests/services/graph_stores.py" "$package" "$folder" "$port" \
            >"$folder/server.log" 2>&1 </dev/null &
        echo $! >"$folder/pid"
    fi
    for _ in $(seq 600); do
        if listens; then echo "$store listens on 127.0.0.1:$port"; exit 0; fi
        sleep 0.5
    done
    echo "$store did not start; see $folder/server.log" >&2
    exit 1 ;;
stop)
    if [ -f "$folder/pid" ]; then
        pid=$(cat "$folder/pid")
        kill "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
        rm "$folder/pid"
    elif has_docker; then
        docker stop "$name" >/dev/null
    fi
    echo "$store has stopped" ;;
*) echo "usage: server.sh neo4j|mongodb|jena_fuseki start|stop" >&2; exit 2 ;;
esac
