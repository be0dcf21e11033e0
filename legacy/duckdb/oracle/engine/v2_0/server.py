"""Serves DuckDB 2.0 to the oracle, as the programs beside this folder serve older releases.

There is no Go driver with this release's library, so it is the Python package that answers. Requests and responses
are those of engine.go, as lines of JSON; the bytes of the cells are in base64.
"""

import base64
import json
import os
import sys
import threading

import duckdb

BATCH_CELLS = 1 << 16
BATCH_BYTES = 8 << 20


def send(**response):
    sys.stdout.write(json.dumps(response) + "\n")
    sys.stdout.flush()


def rows(cursor):
    """Sends every row. Each column has to be text: the caller casts."""
    columns = [d[0] for d in cursor.description or []]
    while True:
        lens, cells, size = [], [], 0
        while len(lens) < BATCH_CELLS and size < BATCH_BYTES:
            row = cursor.fetchone()
            if row is None:
                break
            for cell in row:
                if cell is None:
                    lens.append(-1)
                    continue
                cell = cell.encode()
                lens.append(len(cell))
                cells.append(cell)
                size += len(cell)
        else:
            row = True
        more = row is not None
        send(Columns=columns, Lens=lens, Cells=base64.b64encode(b"".join(cells)).decode(), More=more)
        if not more:
            return


def background(connection, sql):
    try:
        connection.execute(sql)
    except Exception:
        pass


def main():
    first = duckdb.connect()
    connections = {}
    for line in sys.stdin:
        request = json.loads(line)
        op, sql = request["Op"], request["SQL"]
        if op == "die":
            os._exit(0)
        try:
            if request["Conn"] not in connections:
                connections[request["Conn"]] = first.cursor()
            connection = connections[request["Conn"]]
            if op == "start":
                threading.Thread(target=background, args=(connection, sql), daemon=True).start()
                send()
            elif op == "query":
                rows(connection.execute(sql))
            else:
                connection.execute(sql)
                send()
        except Exception as error:  # of any kind: the oracle decides what it means
            send(Err=f"{type(error).__name__}: {error}")
    for connection in connections.values():
        connection.close()
    first.close()


main()
