"""The package as it is published: how it is imported, typed, bundled and installed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from examples._demo.programs import find_node
from tests.support.node import PACKAGE, NodeMachine, modules, node, pack

FILES = {
    "README.md", "package.json", "dist/node.js", "dist/node.cjs", "dist/browser.js",
    "dist/types/index.d.ts", "dist/types-cjs/index.d.ts", "dist/types-cjs/package.json",
}  # fmt: skip
TYPED = """
import { init, initRun, observe, Run, TrainingRun, type RunOptions } from "@tracehouse/sdk";
const options: RunOptions = { project: "p", sessionId: "s", subjectId: "u" };
const run: Run = await init(options);
const training: TrainingRun = await initRun({ project: "p", config: { lr: 1 } });
await training.log({ loss: 0.1 }, 0);
await training.log({ loss: 0.1 }, { step: 1, commit: false });
const double = observe((n: number): number => n * 2, { name: "double" });
const four: number = double(2);
const id: string = run.logUser("x").id;
// @ts-expect-error a step is a number
await training.log({ loss: 0.1 }, "one");
// @ts-expect-error there is no such option
await init({ sesionId: "s" });
console.log(four, id);
await using scoped = new Run();
scoped.logUser("x");
"""


def test_what_is_in_it(tmp_path: Path) -> None:
    packed = pack(tmp_path)
    listed = subprocess.run(["tar", "tzf", str(packed)], capture_output=True, text=True, check=True)
    found = {name.removeprefix("package/") for name in listed.stdout.split()}
    assert found >= FILES
    assert not [name for name in found if name.startswith(("src/", "tests/", "node_modules/"))]
    package = json.loads((PACKAGE / "package.json").read_text())
    assert set(package["dependencies"]) == {
        "@opentelemetry/api", "@opentelemetry/resources", "@opentelemetry/sdk-trace-base",
    }  # fmt: skip
    version = re.search(r'VERSION = "(.*)"', (PACKAGE / "src/version.ts").read_text())
    assert version is not None
    assert version[1] == package["version"]


def test_import_and_require_give_the_same_names(machine: NodeMachine) -> None:
    imported = machine.run_node("console.log(Object.keys(th).sort().join())")
    required = machine.run_node(
        'console.log(Object.keys(require("@tracehouse/sdk")).sort().join())',
        head="",
        name="program.cjs",
    )
    assert imported.out == required.out
    assert set(imported.out.strip().split(",")) >= {
        "ApiError", "Audio", "Histogram", "Image", "Run", "Table", "TracehouseError", "TrainingRun",
        "Video", "current", "currentRun", "finish", "init", "initRun", "log", "logAssistant",
        "logAttachment", "logThinking", "logToolResult", "logToolUse", "logUser", "observe",
        "runFinish", "runLog", "withRun", "withTrace",
    }  # fmt: skip


def test_it_logs_from_commonjs(machine: NodeMachine) -> None:
    machine.run_node(
        """
        const { init, logUser, finish } = require("@tracehouse/sdk");
        void init({ sessionId: "commonjs" });
        logUser("not awaited");
        void finish();
        """,
        head="",
        name="program.cjs",
    )
    (trace,) = machine.get("/v1/traces", session="commonjs")["traces"]
    assert trace["span_count"] == 2


def test_its_types_are_right_for_both_kinds_of_module(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(modules())
    (tmp_path / "a.mts").write_text(TYPED)
    (tmp_path / "b.cts").write_text(
        'import th = require("@tracehouse/sdk");\n'
        'const run: th.Run = new th.Run({});\nrun.logUser("x");\n'
    )
    done = subprocess.run(
        [
            node(), "node_modules/typescript/bin/tsc", "--strict", "--noEmit", "--target", "es2022",
            "--module", "nodenext", "--lib", "es2022,esnext.disposable,dom", "--types", "node",
            "a.mts", "b.cts",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


PAGE = """
import * as th from "@tracehouse/sdk";

export async function page(server, key, document) {
  await th.init({ sessionId: "page", apiKey: key, apiBase: server });
  th.logUser("from a page");
  const run = await th.initRun({ project: "page", apiKey: key, apiBase: server });
  await run.log({ loss: 1, image: new th.Image(new Uint8Array([255, 216, 255])) });
  document.hide();
  await run.finish();
  await th.finish();
  return run.id;
}
"""


def test_a_page_gets_no_module_of_node(machine: NodeMachine) -> None:
    """What a bundler makes of it for a page logs without `process` and `Buffer`, as a page is."""
    machine.home.mkdir(parents=True, exist_ok=True)
    (machine.home / "node_modules").symlink_to(modules())
    (machine.home / "page.mjs").write_text(PAGE)
    options = {
        "entryPoints": [str(machine.home / "page.mjs")], "bundle": True, "platform": "browser",
        "format": "esm", "outfile": str(machine.home / "bundle.mjs"), "logLevel": "error",
        "define": dict.fromkeys(("process", "Buffer", "globalThis.process"), "undefined"),
    }  # fmt: skip
    subprocess.run(
        [node(), "-e", f"require('esbuild').buildSync({json.dumps(options)})"],
        cwd=PACKAGE, check=True, timeout=60,
    )  # fmt: skip
    bundle = (machine.home / "bundle.mjs").read_text()
    assert not re.search(r"""(from|import|require\()\s*["']node:""", bundle)
    assert machine.server is not None
    said = machine.run_node(
        f"""
        const print = console.log;
        const listeners = {{}};
        globalThis.document = {{
          visibilityState: "visible",
          addEventListener: (name, listener) => {{ listeners[name] = listener; }},
          hide() {{ this.visibilityState = "hidden"; listeners.visibilitychange(); }},
        }};
        const {{ page }} = await import("./bundle.mjs");
        print(await page({machine.server.http!r}, {machine.server.key!r}, document));
        """,
        head="",
    )
    assert said.err == ""
    run = machine.one_run(project="page")
    assert (run["id"], run["summary"]) == (said.out.strip(), {"loss": 1})
    (image,) = machine.get(f"/v1/runs/{run['id']}/media")["media"]
    assert image["mime"] == "image/jpeg"
    (trace,) = machine.get("/v1/traces", session="page")["traces"]
    assert trace["span_count"] == 2
    assert machine.buffers() == []


def test_npm_installs_it(tmp_path: Path) -> None:
    packed = pack(tmp_path)
    _, npm = find_node()
    project = tmp_path / "project"
    project.mkdir()
    subprocess.run(
        [*npm, "install", "--prefix", str(project), "--prefer-offline", "--silent", str(packed)],
        check=True, capture_output=True, timeout=110,
    )  # fmt: skip
    done = subprocess.run(
        [node(), "-e", 'console.log(typeof require("@tracehouse/sdk").initRun)'],
        cwd=project, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert done.stdout == "function\n"
