"""What developers take with them, made from the OpenAPI document: a Postman collection, a Python client.

Pure: the document goes in, text comes out. `manage.py api_files DIRECTORY` writes them.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]

_CLIENT = '''"""{title}, version {version}: a client made from its OpenAPI document. Needs nothing but Python 3.9.

    client = Client("{base}", "rb_…")
    for row in client.pages(client.calls_list, limit=200):
        print(row["caller"], row["decision"])
    client.messages_create({{"to": "+13125550142", "body": "On our way."}}, idempotency_key="job-4711")
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request


class Problem(Exception):
    """A refusal: `status`, `title`, `detail`, and `errors` with field, code and detail each."""

    def __init__(self, status, body, request_id):
        self.status, self.request_id = status, request_id
        self.title, self.detail = body.get("title", ""), body.get("detail", "")
        self.errors = body.get("errors", [])
        super().__init__(f"{{status}} {{self.detail or self.title}} (request {{request_id}})")


class Client:
    """Asks with one key. business: for an agency's key, the business it is about (id or external_id)."""

    def __init__(self, base, key, business=None, timeout=30, patience=3):
        self.base, self.key, self.business = base.rstrip("/"), key, business
        self.timeout, self.patience = timeout, patience

    def ask(self, method, path, query=None, body=None, idempotency_key=None, headers=None):
        """Ask, and return the answer. Waits and asks again when told to (429, 409). Raises Problem."""
        query = {{name: value for name, value in (query or {{}}).items() if value is not None}}
        url = self.base + path + ("?" + urllib.parse.urlencode(query) if query else "")
        sent = {{"Authorization": f"Bearer {{self.key}}", "Accept": "application/json, */*;q=0.1"}}
        if self.business is not None:
            sent["For-Business"] = str(self.business)
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        sent.update(headers or {{}})
        for left in range(self.patience, -1, -1):
            request = urllib.request.Request(url, data, sent, method=method)
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                    content = answer.read()
                    if "json" not in answer.headers.get("Content-Type", ""):
                        return content
                    return json.loads(content) if content else None
            except urllib.error.HTTPError as error:
                wait = error.headers.get("Retry-After")
                if left and wait is not None and error.code in (409, 429, 503):
                    error.close()
                    time.sleep(float(wait))
                    continue
                content = error.read()
                try:
                    told = json.loads(content)
                except ValueError:
                    told = {{"detail": content[:200].decode("utf-8", "replace")}}
                raise Problem(error.code, told, error.headers.get("X-Request-Id", "")) from None

    def pages(self, operation, **query):
        """Yield the rows of all pages of a list: `client.pages(client.contacts_list)`."""
        while True:
            page = operation(**query)
            yield from page["results"]
            if not page["next"]:
                return
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(page["next"]).query)
            query["cursor"] = asked["cursor"][0]
'''


def operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and operation, in the document's order."""
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield method, path, told


def client(document: Document, base: str) -> str:
    """Return a Python module with a class whose methods are the operations."""
    info = document["info"]
    parts = [_CLIENT.format(title=info["title"], version=info["version"], base=base)]
    parts += [_method(document, *each) for each in operations(document)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def postman(document: Document, base: str) -> dict[str, Any]:
    """Return a Postman collection (format 2.1): a folder for each tag, an example body for each request."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for method, path, told in operations(document):
        query = [
            {
                "key": each["name"],
                "value": "",
                "disabled": True,
                "description": each.get("description", ""),
            }
            for each in _parameters(document, told, "query")
        ]
        names = [each["name"] for each in _parameters(document, told, "path")]
        raw = "{{base}}" + re.sub(r"\{(\w+)\}", r":\1", path)
        request: dict[str, Any] = {
            "method": method.upper(),
            "description": told.get("description", ""),
            "header": [
                {"key": each["name"], "value": "", "disabled": True}
                for each in _parameters(document, told, "header")
            ],
            "url": {
                "raw": raw,
                "host": ["{{base}}"],
                "path": re.sub(r"\{(\w+)\}", r":\1", path).strip("/").split("/") + [""],
                "query": query,
                "variable": [{"key": name, "value": ""} for name in names],
            },
        }
        body = _example(told.get("requestBody", {}))
        if body is not None:
            request["header"].append({"key": "Content-Type", "value": "application/json"})
            request["body"] = {"mode": "raw", "raw": json.dumps(body, indent=2, ensure_ascii=False)}
        item = {"name": told.get("summary") or told["operationId"], "request": request}
        folders.setdefault((told.get("tags") or ["Other"])[0], []).append(item)
    return {
        "info": {
            "name": document["info"]["title"],
            "description": document["info"].get("description", ""),
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "auth": {
            "type": "bearer", "bearer": [{"key": "token", "value": "{{key}}", "type": "string"}],
        },
        "variable": [{"key": "base", "value": base}, {"key": "key", "value": ""}],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }  # fmt: skip


def _method(document: Document, method: str, path: str, told: dict[str, Any]) -> str:
    places = [_name(each["name"]) for each in _parameters(document, told, "path")]
    query = [each["name"] for each in _parameters(document, told, "query")]
    headers = [
        each["name"] for each in _parameters(document, told, "header")
        if each["name"] not in ("Idempotency-Key", "For-Business")
    ]  # fmt: skip
    given = ["self", *places]
    if "requestBody" in told:
        given.append("body" if told["requestBody"].get("required") else "body=None")
    named = [f"{_name(each)}=None" for each in (*query, *headers)]
    if method != "get":
        named.append("idempotency_key=None")
    if named:
        given += ["*", *named]
    address = re.sub(
        r"\{(\w+)\}",
        lambda hole: "{urllib.parse.quote(str(" + _name(hole[1]) + "), safe='')}",
        path,
    )
    asked = [f'"{method.upper()}"', f'f"{address}"' if places else f'"{path}"']
    if query:
        asked.append("query={" + ", ".join(f'"{each}": {_name(each)}' for each in query) + "}")
    if "requestBody" in told:
        asked.append("body=body")
    if method != "get":
        asked.append("idempotency_key=idempotency_key")
    if headers:
        pairs = ", ".join(f'("{each}", {_name(each)})' for each in headers)
        asked.append(f"headers={{name: value for name, value in ({pairs},) if value is not None}}")
    said = str(told.get("summary", "")).replace('"', "'").rstrip(".")
    return (
        f"    def {_name(told['operationId'])}({', '.join(given)}):\n"
        f'        """{said}."""\n'
        f"        return self.ask({', '.join(asked)})\n"
    )


def _parameters(document: Document, told: dict[str, Any], place: str) -> list[dict[str, Any]]:
    found = []
    for each in told.get("parameters", []):
        if "$ref" in each:
            each = document["components"]["parameters"][each["$ref"].rsplit("/", 1)[1]]
        if each["in"] == place:
            found.append(each)
    return found


def _example(body: dict[str, Any]) -> Any:
    content = body.get("content", {}).get("application/json", {})
    for example in content.get("examples", {}).values():
        return example.get("value")
    return None


def _name(word: str) -> str:
    plain = re.sub(r"\W+", "_", word).strip("_").lower()
    return f"{plain}_" if keyword.iskeyword(plain) or plain in ("self", "body") else plain
