"""Checks OCSF events: by the hand-written schema beside this file, and by py-ocsf-models.

The schema is strict on names, numbers and captions. The models know an older version and ignore
attributes that they do not know, so they check types alone. Of Authentication they have objects,
and not the class; their Service requires what OCSF recommends, so the schema alone checks it.
<https://schema.ocsf.io/1.6.0/classes/compliance_finding?profiles=cloud>
<https://schema.ocsf.io/1.6.0/classes/authentication?profiles=cloud>
"""

import json
import pathlib
from typing import Any

import jsonschema
import pydantic
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from py_ocsf_models.objects.cloud import Cloud
from py_ocsf_models.objects.metadata import Metadata

AUTHENTICATION = 3002
OBJECTS = {"cloud": Cloud, "metadata": Metadata}
SCHEMA = pathlib.Path(__file__).with_name("ocsf.schema.json")
# Problems repeat, and quote what is wrong: the first ones, and their beginnings, tell enough.
MOST_PROBLEMS, LONGEST_PROBLEM = 20, 300


def check(path: pathlib.Path, tools: pathlib.Path) -> list[str]:
    """The problems of a file of events, one a line."""
    events = json.loads(path.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(
        json.loads(SCHEMA.read_text(encoding="utf-8")),
        format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]),
    )
    problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(events)]
    if isinstance(events, list):
        problems += [f"$[{i}]: {p}" for i, event in enumerate(events) for p in by_models(event)]
        problems += repeated_uids(events)
    return [p.replace("\n", " ")[:LONGEST_PROBLEM] for p in problems[:MOST_PROBLEMS]]


def by_models(event: Any) -> list[str]:
    """What the models say about one event."""
    try:
        if event.get("class_uid") == AUTHENTICATION:
            for name, model in OBJECTS.items():
                model.model_validate(event.get(name))
        else:
            ComplianceFinding.model_validate(event)
    except pydantic.ValidationError as error:
        return [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return []


def repeated_uids(events: list[dict[str, Any]]) -> list[str]:
    """Event stores join events by their uid, so no two findings or attempts may share one."""
    uids = [
        (event.get("class_uid"), event.get("finding_info", event["metadata"]).get("uid"))
        for event in events
    ]
    return ["uid: not unique"] if len(set(uids)) < len(uids) else []
