# SPDX-License-Identifier: Apache-2.0
"""usage: schema.py SCHEMA fits|unfit KIND:FILE...

Each FILE is (or is not) a JSON document of that KIND, a name below $defs, or of exactly one kind ("any").
Exit status 1 and a line for each FILE of which that is not so, 2 when the schema itself is none."""
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as f:
    schema = json.load(f)
try:
    jsonschema.Draft202012Validator.check_schema(schema)
except jsonschema.SchemaError as fault:
    print(f"{sys.argv[1]}: {fault.message}")
    sys.exit(2)

bad = 0
for argument in sys.argv[3:]:
    kind, name = argument.split(":", 1)
    one = schema if kind == "any" else {"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]}
    with open(name, encoding="utf-8") as f:
        fault = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(one).iter_errors(json.load(f)))
    if (fault is None) == (sys.argv[2] == "fits"):
        continue
    bad = 1
    where = "/".join(str(p) for p in fault.absolute_path) if fault else ""
    print(f"{name}: {where + ': ' + fault.message[:300] if fault else 'fits'}")
sys.exit(bad)
