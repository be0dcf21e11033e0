"""The schema of the protocol, asked by a validator that others have written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from conftest import ROOT, Run

PROTOCOL = ROOT / "provider" / "jsonl" / "PROTOCOL.md"


@pytest.fixture
def validator(exparchive: Run) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(exparchive("schema", "protocol"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_examples(validator: Any) -> None:
    """Each example line of the document follows the schema, but for the one that is no JSON."""
    blocks = re.findall(r"^```jsonl\n(.*?)^```$", PROTOCOL.read_text(encoding="utf-8"), re.S | re.M)
    lines = [line for block in blocks for line in block.splitlines()]
    good = [line for line in lines if "NaN" not in line]
    assert len(blocks) >= 4 and len(lines) == len(good) + 1
    for line in good:
        validator.validate(json.loads(line))


def test_lines_of_the_module(validator: Any, exparchive: Run) -> None:
    """What is recorded by the module and exported follows it."""
    example = ROOT / "examples" / "record.py"
    subprocess.run([sys.executable, str(example), "run.simexp"], check=True, capture_output=True)
    lines = exparchive.lines("run.simexp")
    assert len(lines) == 11
    for line in lines:
        validator.validate(line)


def test_acknowledgements(exparchive: Run) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json.loads(exparchive("schema", "record")))
    (block,) = re.findall(r"^```jsonl\n(\{[^\n]*exp1-3.*?)^```$", PROTOCOL.read_text(encoding="utf-8"), re.S | re.M)[:1]
    said = exparchive("record", "-o", "run.simexp", "--acks", stdin=block.encode(), code=1).splitlines()
    assert len(said) >= 4
    for line in said:
        validator.validate(json.loads(line))
    for wrong in ({"type": "ack"}, {"type": "ack", "line": 0, "records": 1}, {"type": "end"}, {"line": 1}):
        assert not validator.is_valid(wrong)


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ('{"type":"event","iteration":0,"event_type":"e","timestamp":null}', True),
        ('{"type":"event","iteration":0,"event_type":"e","timestamp":""}', False),
        ('{"type":"event","iteration":2147483647,"event_type":"e"}', True),
        ('{"type":"event","iteration":2147483648,"event_type":"e"}', False),
        ('{"type":"llm_interaction","iteration":0,"latency_seconds":0.25,"model":""}', True),
        ('{"type":"llm_interaction","iteration":0,"extra":"text"}', False),
        ('{"type":"iteration","iteration":0,"costs_per_agent":{"A":9223372036854775807}}', True),
        ('{"type":"iteration","iteration":0,"costs_per_agent":{"A":9223372036854775808}}', False),
        ('{"type":"iteration","iteration":0,"costs_per_agent":{"A":0.5}}', False),
        ('{"type":"iteration","iteration":0,"accepted_changes":{"A":null,"B":false}}', True),
        ('{"type":"note","kind":"k","text":""}', False),
        ('{"type":"attachment","name":"a","data":""}', True),
        ('{"type":"attachment","name":"a"}', False),
        ('{"type":"result","status":"stopped"}', True),
        ('{"type":"result","status":"running"}', False),
        ('{"type":"evnet","iteration":0,"event_type":"e"}', False),
    ],
)
def test_same_as_recorder(line: str, good: bool, validator: Any, exparchive: Run) -> None:
    """The schema and the recorder agree."""
    assert validator.is_valid(json.loads(line)) is good
    start = '{"type":"experiment","experiment_name":"n","experiment_type":"t"}\n'
    end = '\n{"type":"result","status":"completed"}' if '"result"' not in line else ""
    code = 0 if good else 1
    exparchive("record", "-o", "run.simexp", stdin=(start + line + end).encode(), code=code)
    assert ("rejected/2" in exparchive.stderr) is not good
