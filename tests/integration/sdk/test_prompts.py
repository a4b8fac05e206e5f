"""`cm.get_prompt`: served from memory, refreshed behind it, and through an outage."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.support.sdk import Machine, last_json
from tests.support.server import Server


def test_a_prompt_is_compiled_cached_and_served_through_an_outage(tmp_path: Path) -> None:
    with Server(tmp_path / "server") as server:
        machine = Machine(tmp_path / "machine", server)
        for body in ("Hi {{name}}, {{ unknown }}", "Hello {{name}}"):
            prompt = {"name": "folder/greet", "prompt": body, "labels": ["production"]}
            httpx.post(f"{server.http}/v1/prompts", json=prompt, headers=server.headers)
        program = machine.start("""
            import json, sys
            old = cm.get_prompt("folder/greet", version=1)
            assert old.compile(name="Ada") == "Hi Ada, {{ unknown }}", old
            now = cm.get_prompt("folder/greet", cache_ttl_seconds=0.2)
            print(json.dumps([now.version, now.attributes]), flush=True)
            sys.stdin.readline()  # the server is gone
            time.sleep(0.3)
            again = cm.get_prompt("folder/greet", cache_ttl_seconds=0.2)
            assert again == now
            assert cm.get_prompt("folder/greet", cache_ttl_seconds=0) == now
            instead = cm.get_prompt("other", fallback="plain {{x}}")
            assert instead.is_fallback and instead.compile(x=1) == "plain 1"
            try:
                cm.get_prompt("other")
            except cm.ApiError as error:
                print(json.dumps(error.status))
        """)
        assert program.stdout is not None
        assert program.stdin is not None
        assert "gen_ai.prompt.version" in program.stdout.readline()
        server.kill()
        program.stdin.write("\n")
        program.stdin.flush()
        out, err = program.communicate(timeout=60)
        assert program.returncode == 0, err
        assert out.strip() == "0"


def test_a_new_version_comes_behind_the_callers_back(tmp_path: Path) -> None:
    with Server(tmp_path / "server") as server:
        machine = Machine(tmp_path / "machine", server)
        program = machine.run("""
            import json
            from tracehouse.api_client import ApiClient
            history = {"type": "placeholder", "name": "history"}
            chat = [{"role": "system", "content": "{{a}}"}, history]
            ApiClient().post("/v1/prompts", {"name": "c", "prompt": chat, "labels": ["production"]})
            first = cm.get_prompt("c", cache_ttl_seconds=0.1)
            said = first.compile(a="A", history=[{"role": "user", "content": "h"}])
            chat[0]["content"] = "new"
            ApiClient().post("/v1/prompts", {"name": "c", "prompt": chat, "labels": ["production"]})
            time.sleep(0.2)
            stale = cm.get_prompt("c", cache_ttl_seconds=0.1).version
            time.sleep(1)
            print(json.dumps([said, stale, cm.get_prompt("c", cache_ttl_seconds=60).version]))
        """)
        said, stale, fresh = last_json(program)
        assert said == [{"role": "system", "content": "A"}, {"role": "user", "content": "h"}]
        assert (stale, fresh) == (1, 2)
