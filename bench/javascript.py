"""What logging costs a JavaScript program: `run.log` of five scalars and an observed call.

Beside them: the least that could be done, `JSON.stringify` and an append to a file, and a plain
span of OpenTelemetry's.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.node import NodeMachine, remove_modules
from tests.support.server import Server

_HEAD = 'import * as th from "@tracehouse/sdk";\n'
# `log(step)` is measured, and `finish()` is awaited.
_SETUPS = {
    "run.log": """
const run = await th.initRun({ project: "bench", captureEnv: false });
const log = (step) => run.log({ a: 0.1 * step, b: 0.2, c: 0.3, d: 0.4, e: 0.5 }, step);
const finish = () => run.finish({ timeoutMs: 60_000 });
""",
    "JSON.stringify, an append each": """
import { appendFileSync } from "node:fs";
const log = (step) => appendFileSync("values.jsonl",
  JSON.stringify({ step, a: 0.1 * step, b: 0.2, c: 0.3, d: 0.4, e: 0.5 }) + "\\n");
const finish = () => {};
""",
    "JSON.stringify, an append per 256": """
import { appendFileSync } from "node:fs";
let lines = [];
const write = () => { appendFileSync("values.jsonl", lines.join("\\n") + "\\n"); lines = []; };
const log = (step) => {
  lines.push(JSON.stringify({ step, a: 0.1 * step, b: 0.2, c: 0.3, d: 0.4, e: 0.5 }));
  if (lines.length === 256) write();
};
const finish = write;
""",
    "observe": """
await th.init({ project: "bench", sessionId: "bench" });
const log = th.observe((step) => step + 1, { name: "step" });
const finish = () => th.finish();
""",
    "OpenTelemetry span, in memory": """
import { BasicTracerProvider, BatchSpanProcessor, InMemorySpanExporter }
  from "@opentelemetry/sdk-trace-base";
const processor = new BatchSpanProcessor(new InMemorySpanExporter());
const provider = new BasicTracerProvider({ spanProcessors: [processor] });
const tracer = provider.getTracer("bench");
const log = (step) => tracer.startSpan("step", { attributes: { input: `[${step}]` } }).end();
const finish = () => provider.forceFlush();
""",
}
# A pause now and then, as a training loop has it.
_MEASURE = """
for (let step = 0; step < 500; step++) log(step);
const times = new Float64Array(COUNT);
const start = performance.now();
for (let step = 0; step < COUNT; step++) {
  const t = process.hrtime.bigint();
  log(step + 500);
  times[step] = Number(process.hrtime.bigint() - t) / 1e3;
  if (step % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
}
await finish();
const done = (performance.now() - start) / 1e3;
times.sort();
console.log(JSON.stringify({
  mean: times.reduce((a, b) => a + b) / COUNT, p50: times[COUNT >> 1],
  p99: times[Math.floor(COUNT * 0.99)], rate: COUNT / done,
}));
"""


@dataclass(frozen=True)
class Logged:
    """One contender; times in µs a call, `rate` in calls a second until `finish` returned."""

    name: str
    mean: float
    p50: float
    p99: float
    rate: float


def measure(count: int) -> list[Logged]:
    """All contenders, one after another: ours against a real server."""
    found: list[Logged] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with Server(home / "server") as server:
            for place, (name, setup) in enumerate(_SETUPS.items()):
                machine = NodeMachine(home / str(place), server)
                program = f"const COUNT = {count};\n{setup}{_MEASURE}"
                done = machine.run_node(program, head=_HEAD, timeout=300)
                found.append(Logged(name, **json.loads(done.out.splitlines()[-1])))
    remove_modules()
    return found
