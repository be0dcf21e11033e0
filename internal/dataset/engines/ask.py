"""Ask an engine the questions of a dataset's README.md and compare its answers, and every cell of every table.

    python3 ask.py ENGINE DATASET EXPECTED.json [LINES.jsonl...]

ENGINE is duckdb, pandas or spark. EXPECTED has the rows of each answer, as they follow from the runs one by one; the
lines are the runs, as `exparchive export --format jsonl` gives them. The exit code is 1 if something differs, which is
printed; nothing is printed otherwise but a line with what was compared.
"""

import hashlib
import base64
import json
import math
import os
import re
import sys
from decimal import Decimal

TABLES = {
    "runs": ["experiment_name", "run_id", "experiment_type", "status", "created_at", "completed_at", "converged",
             "convergence_reason", "final_cost", "best_cost", "num_iterations", "records", "events",
             "llm_interactions", "notes", "attachments", "config", "withheld"],
    "iterations": ["experiment_name", "run_id", "iteration", "id", "timestamp", "withheld"],
    "costs": ["experiment_name", "run_id", "iteration", "agent_id", "cost_cents"],
    "policies": ["experiment_name", "run_id", "iteration", "agent_id", "policy", "accepted", "withheld"],
    "events": ["experiment_name", "run_id", "id", "iteration", "event_type", "event_data", "timestamp", "withheld"],
    "llm_interactions": ["experiment_name", "run_id", "id", "iteration", "agent_id", "model", "system_prompt",
                         "user_prompt", "response", "parsed_policy", "parsing_error", "prompt_tokens",
                         "completion_tokens", "latency_seconds", "timestamp", "extra", "withheld"],
    "notes": ["experiment_name", "run_id", "id", "kind", "subject", "text", "withheld"],
    "attachments": ["experiment_name", "run_id", "id", "name", "media_type", "bytes", "sha256", "withheld"],
}
JSON_COLUMNS = {"config", "policy", "event_data", "parsed_policy", "extra"}


class DuckDB:
    def __init__(self, statements):
        import duckdb
        self.name = "DuckDB " + duckdb.__version__
        self.con = duckdb.connect()
        self.con.execute(statements[0])  # the views
        self.statements = statements[1:]

    def answers(self):
        return [self.con.execute(s).fetchall() for s in self.statements]

    def rows(self, table, columns):
        return self.con.execute("SELECT %s FROM %s" % (", ".join(columns), table)).fetchall()


class Spark:
    def __init__(self, statements):
        import pyspark
        from pyspark.sql import SparkSession
        self.name = "Spark " + pyspark.__version__
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        os.environ["PYSPARK_PYTHON"] = sys.executable
        # To compile a program for each query takes minutes, and to make it fast as long; the reader is the same without.
        self.spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
                      .config("spark.ui.showConsoleProgress", "false")
                      .config("spark.sql.shuffle.partitions", "1").config("spark.driver.memory", "2g")
                      .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
                      .config("spark.network.timeout", "2h").config("spark.executor.heartbeatInterval", "1h")
                      .config("spark.log.level", "ERROR").config("spark.sql.codegen.wholeStage", "false")
                      .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
                      .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC").getOrCreate())
        for table in TABLES:
            self.spark.read.parquet(table).createOrReplaceTempView(table)
        self.statements = [s.replace("json_extract_string", "get_json_object") for s in statements[1:]]

    def answers(self):
        return [self.collect(s) for s in self.statements]

    def rows(self, table, columns):
        return self.collect("SELECT %s FROM %s" % (", ".join(columns), table))

    def collect(self, statement):
        return [tuple(row) for row in self.spark.sql(statement.rstrip().rstrip(";")).collect()]


class Pandas:
    """What a person would write, with the questions in the order of README.md."""

    def __init__(self, statements):
        import pandas
        import pyarrow
        self.pd = pandas
        self.name = "pandas %s, pyarrow %s" % (pandas.__version__, pyarrow.__version__)
        self.count = len(statements) - 1

    def read(self, table, columns=None):
        return self.pd.read_parquet(table, columns=columns, dtype_backend="pyarrow")

    def rows(self, table, columns):
        import pyarrow.dataset
        read = pyarrow.dataset.dataset(table, partitioning="hive").to_table(columns=columns)
        return list(zip(*[read.column(c).to_pylist() for c in columns]))

    def answers(self):
        pd = self.pd
        runs = self.read("runs", TABLES["runs"] + ["digest_sealed"])
        costs = self.read("costs", TABLES["costs"])
        policies = self.read("policies", TABLES["policies"])
        calls = self.read("llm_interactions", ["model", "prompt_tokens", "completion_tokens", "parsing_error",
                                               "latency_seconds"])
        ended = runs[(runs.status == "completed") & runs.best_cost.notna()]
        cheapest = ended.sort_values(["experiment_name", "best_cost", "run_id"]).groupby("experiment_name").head(1)
        yield tuples(cheapest[["experiment_name", "run_id", "best_cost"]])

        one = runs.groupby("experiment_name").agg(n=("run_id", "size"), known=("converged", "count"),
                                                  yes=("converged", "sum")).reset_index()
        one["percent"] = [100.0 * y / k if k else None for y, k in zip(one.yes, one.known)]
        yield tuples(one.assign(yes=one.yes.fillna(0)))

        by = costs.groupby(["experiment_name", "iteration"])
        yield tuples(by.agg(n=("run_id", "nunique"), cents=("cost_cents", "sum"), least=("cost_cents", "min"),
                            most=("cost_cents", "max")).reset_index())

        by = calls.groupby("model", dropna=False)
        yield tuples(by.agg(calls=("model", "size"), prompt=("prompt_tokens", lambda s: s.sum(min_count=1)),
                            completion=("completion_tokens", lambda s: s.sum(min_count=1)),
                            known=("prompt_tokens", "count")).reset_index())

        by = policies.groupby(["experiment_name", "agent_id"])
        yield tuples(by.agg(decided=("accepted", "count"), taken=("accepted", "sum")).fillna(0).reset_index())

        events = self.read("events", ["event_type", "run_id"])
        by_type = events.groupby("event_type")
        yield tuples(by_type.agg(n=("run_id", "size"), in_runs=("run_id", "nunique")).reset_index())

        key = ["experiment_name", "run_id"]
        last = self.read("iterations", key + ["iteration"]).groupby(key).max().reset_index()
        sums = costs.merge(last, on=key + ["iteration"]).groupby(key + ["iteration"])["cost_cents"].sum().reset_index()
        sums["dollars"] = [Decimal(c).scaleb(-2) for c in sums.cost_cents]
        yield tuples(sums[key + ["iteration", "dollars"]])

        by = calls.groupby("model", dropna=False)
        yield tuples(by.agg(unread=("parsing_error", "count"), slowest=("latency_seconds", "max")).reset_index())

        by = runs.assign(unsealed=~runs.digest_sealed).groupby(["experiment_name", "status"])
        yield tuples(by.agg(n=("run_id", "size"), n_iterations=("num_iterations", "sum"),
                            unsealed=("unsealed", "sum")).reset_index())

        def fraction(text):
            value = None if pd.isna(text) else json.loads(text, parse_float=str, parse_int=str)
            return value.get("parameters", {}).get("initial_liquidity_fraction") if isinstance(value, dict) else None
        tried = policies.assign(fraction=[fraction(p) for p in policies.policy])
        yield tuples(tried.groupby(["experiment_name", "iteration", "fraction"], dropna=False).size().reset_index())

        notes = self.read("notes", ["kind", "run_id"])
        yield tuples(notes.groupby("kind").agg(n=("run_id", "size"), of_runs=("run_id", "nunique")).reset_index())


def tuples(frame):
    """The rows of a frame, with None for what is missing."""
    return [tuple(None if str(v) in ("<NA>", "nan") or v is None else v for v in row)
            for row in frame.itertuples(index=False, name=None)]


def statements_of(folder):
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as f:
        return re.findall(r"```sql\n(.*?)```", f.read(), re.S)


def same(got, want):
    """Integers and decimals have to be equal, and what either has as a float nearly so."""
    if got is None or want is None:
        return got is None and want is None
    if isinstance(want, str) and not isinstance(got, str):
        return Decimal(str(got)) == Decimal(want) and not isinstance(got, float)
    if isinstance(want, float):
        return math.isclose(float(got), want, rel_tol=1e-6)
    if isinstance(got, float) and not isinstance(want, bool):
        return False  # an amount or a number that went through a float
    return got == want


def compare_answers(engine, expected):
    wrong = []
    answers = list(engine.answers())
    if len(answers) != len(expected):
        wrong.append("%d answers, want %d" % (len(answers), len(expected)))
    for i, (got, want) in enumerate(zip(answers, expected)):
        got = [list(row) for row in got]
        if len(got) != len(want) or not all(len(g) == len(w) and all(map(same, g, w)) for g, w in zip(got, want)):
            differ = [(g, w) for g, w in zip(got, want) if not all(map(same, g, w))][:3]
            wrong.append("question %d: %d rows, want %d; differ: %r" % (i + 1, len(got), len(want), differ))
    return wrong


def exactly(text):
    """A JSON text as a value in which numbers keep their spelling."""
    return None if text is None else json.dumps(json.loads(text, parse_float=lambda s: {"number": s},
                                                           parse_int=lambda s: {"number": s}))


def expected_rows(lines):
    """The rows of every table, from the lines of runs."""
    rows = {table: [] for table in TABLES}
    for path in lines:
        with open(path, encoding="utf-8", newline="\n") as f:
            add_run(rows, [json.loads(line, parse_float=Number, parse_int=Number) for line in f])
    return rows


class Number(str):
    """A number by its spelling."""


def spelled(value):
    """A value of JSON, as exactly gives it."""
    def mark(v):
        if isinstance(v, Number):
            return {"number": str(v)}
        if isinstance(v, dict):
            return {k: mark(x) for k, x in v.items()}
        return [mark(x) for x in v] if isinstance(v, list) else v
    return json.dumps(mark(value))


def integer(value):
    return None if value is None else int(value)


ORDER = {"experiment": ["config", "salt"], "event": ["event_data"], "note": ["text"], "attachment": ["data"],
         "result": ["convergence_reason"], "iteration": ["costs_per_agent", "accepted_changes", "policies"],
         "llm_interaction": ["system_prompt", "user_prompt", "response", "parsed_policy", "parsing_error", "extra"]}


def withheld(*records, only=None):
    names = [f for r in records for f in ORDER[r["type"]]
             if f in r.get("withheld", {}) and (only is None or f in only)]
    return " ".join(names) or None


def add_run(rows, records):
    first = records[0]
    key = (first["experiment_name"], first["run_id"])
    counts = dict.fromkeys(ORDER, 0)
    last = {"type": "result", "status": "unfinished"}

    def add(table, *cells):
        rows[table].append(key + cells)

    def text_of(r, name):  # a JSON value: with line breaks it is a text
        if name + "_text" in r:
            return exactly(r[name + "_text"])
        return spelled(r[name]) if name in r else None

    for i, r in enumerate(records):
        counts[r["type"]] += 1
        if r["type"] == "result":
            last = r
        elif r["type"] == "event":
            add("events", i, integer(r["iteration"]), r["event_type"], text_of(r, "event_data"), r.get("timestamp"),
                withheld(r))
        elif r["type"] == "llm_interaction":
            latency = r.get("latency_seconds")
            add("llm_interactions", i, integer(r["iteration"]), r.get("agent_id"), r.get("model"),
                r.get("system_prompt"), r.get("user_prompt"), r.get("response"), text_of(r, "parsed_policy"),
                r.get("parsing_error"), integer(r.get("prompt_tokens")), integer(r.get("completion_tokens")),
                None if latency is None else float(latency), r.get("timestamp"), text_of(r, "extra"), withheld(r))
        elif r["type"] == "iteration":
            n = integer(r["iteration"])
            add("iterations", n, i, r.get("timestamp"), withheld(r))
            for agent, cents in r.get("costs_per_agent", {}).items():
                add("costs", n, agent, int(cents))
            accepted, policies = r.get("accepted_changes", {}), r.get("policies", {})
            if "policies_text" in r:
                policies = json.loads(r["policies_text"], parse_float=Number, parse_int=Number)
            for agent in set(accepted) | set(policies):
                add("policies", n, agent, spelled(policies[agent]) if agent in policies else None,
                    accepted.get(agent), withheld(r, only={"accepted_changes", "policies"}))
        elif r["type"] == "note":
            add("notes", i, r["kind"], r.get("subject"), r.get("text"), withheld(r))
        elif r["type"] == "attachment":
            data = None if "data" in r.get("withheld", {}) else base64.b64decode(r["data"])
            add("attachments", i, r["name"], r.get("media_type"), None if data is None else len(data),
                None if data is None else hashlib.sha256(data).hexdigest(), withheld(r))
    add("runs", first["experiment_type"], last["status"], first.get("created_at"), last.get("completed_at"),
        last.get("converged"), last.get("convergence_reason"), integer(last.get("final_cost")),
        integer(last.get("best_cost")), counts["iteration"], len(records), counts["event"], counts["llm_interaction"],
        counts["note"], counts["attachment"], text_of(first, "config"), withheld(first, last))


def compare_cells(engine, lines):
    wrong, cells = [], 0
    for table, want in expected_rows(lines).items():
        columns = TABLES[table]
        got = []
        for row in engine.rows(table, columns):
            got.append(tuple(exactly(v) if c in JSON_COLUMNS else v for c, v in zip(columns, row)))
        if any(isinstance(v, float) for row in got for v in row) and table != "llm_interactions":
            wrong.append("table %s: has floats" % table)
        got, want = sorted(got, key=repr), sorted(want, key=repr)
        cells += len(got) * len(columns)
        if got != want:
            differ = [(g, w) for g, w in zip(got, want) if g != w][:2]
            wrong.append("table %s: %d rows, want %d; differ: %.2000r" % (table, len(got), len(want), differ))
    return wrong, cells


def main(engine, folder, expected, *lines):
    with open(expected, encoding="utf-8") as f:
        expected = json.load(f)
    lines = [os.path.abspath(path) for path in lines]
    os.chdir(folder)
    engine = {"duckdb": DuckDB, "pandas": Pandas, "spark": Spark}[engine](statements_of("."))
    wrong = compare_answers(engine, expected)
    more, cells = compare_cells(engine, lines)
    for text in wrong + more:
        print("%s: %s" % (engine.name, text))
    if wrong or more:
        sys.exit(1)
    print("%s: %d answers and %d cells as expected" % (engine.name, len(expected), cells))


main(*sys.argv[1:])
