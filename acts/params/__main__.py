"""Print the JSON Schema of a configuration: ``python -m acts.params > params/schema.json``."""

from acts import params

if __name__ == "__main__":
    print(params.schema_json(), end="")
