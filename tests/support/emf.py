"""What AWS says that a line in the embedded metric format is, to hold lines against.

The facts of the JSON schema and of the text around it, in "Specification: Embedded metric format" of the CloudWatch user
guide, as of 2026-11; the characters that values of dimensions may have are those of the API's type Dimension.
"""

import json
import math

import jsonschema

UNITS = ["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "None"]
for size in (
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
):
    UNITS += [size, f"{size}/Second"]
UNITS.append("Count/Second")

METRIC = {
    "type": "object",
    "required": ["Name"],
    "additionalProperties": False,
    "properties": {
        "Name": {"type": "string", "minLength": 1, "maxLength": 1024},
        "Unit": {"enum": UNITS},
        "StorageResolution": {"enum": [1, 60]},
    },
}
DIMENSION_SET = {
    "type": "array",
    "maxItems": 30,
    "uniqueItems": True,
    "items": {"type": "string", "minLength": 1, "maxLength": 250},
}
DIRECTIVE = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "additionalProperties": False,
    "properties": {
        "Namespace": {"type": "string", "minLength": 1, "maxLength": 1024},
        "Dimensions": {"type": "array", "minItems": 1, "items": DIMENSION_SET},
        "Metrics": {"type": "array", "minItems": 1, "maxItems": 100, "items": METRIC},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "additionalProperties": False,
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 1_000_000_000_000},
                "CloudWatchMetrics": {"type": "array", "minItems": 1, "items": DIRECTIVE},
            },
        }
    },
}


def parsed(line):
    """The line's object, after it has been held against the specification."""
    found = json.loads(line)
    jsonschema.validate(found, SCHEMA)
    assert len(line.encode()) <= 256 * 1024
    for directive in found["_aws"]["CloudWatchMetrics"]:
        for name in {name for dimensions in directive["Dimensions"] for name in dimensions}:
            value = found[name]
            assert isinstance(value, str)
            assert value.strip()
            assert value.isascii()
            assert len(value) <= 1024
        for metric in directive["Metrics"]:
            value = found[metric["Name"]]
            assert isinstance(value, int | float)
            assert not isinstance(value, bool)
            assert math.isfinite(value)
    return found


def metrics_of(line):
    """Each metric that CloudWatch makes of the line: its name, its dimensions as pairs, and its value."""
    found = parsed(line)
    return [
        (metric["Name"], tuple((name, found[name]) for name in dimensions), found[metric["Name"]])
        for directive in found["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    ]
