// Pictures of the main pages from a server with data, in each size and colour.
//   node scripts/screenshots.mjs <address> <sign-in link or state file> <folder> [page …]
// A link works once; what it gave is kept in <folder>/state.json for the next time.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [address, link, folder, ...only] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const state = join(folder, "state.json");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium" });
if (!existsSync(state)) {
  const context = await browser.newContext();
  await (await context.newPage()).goto(link);
  await context.storageState({ path: state });
  await context.close();
}

const sizes = [["wide", 1440, 900], ["phone", 390, 844]];
const problems = [];
for (const [size, width, height] of sizes) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, storageState: state, deviceScaleFactor: 1 });
    const page = await context.newPage();
    page.on("console", (told) => told.type() === "error" && problems.push(`${page.url()}: ${told.text()}`));
    page.on("pageerror", (error) => problems.push(`${page.url()}: ${error}`));
    const get = async (path) => (await context.request.get(address + path)).json();
    const { traces } = await get("/v1/traces?limit=100");
    const { runs } = await get("/v1/runs?limit=20");
    const failed = traces.find((one) => one.error_count && one.span_count > 3) ?? traces[0];
    const fine = traces.find((one) => !one.error_count && one.span_count > 4) ?? traces[0];
    const rl = runs.find((one) => one.name.includes("grpo")) ?? runs[0];
    const sft = runs.find((one) => one.name.includes("sft")) ?? runs[0];
    const span = async (trace, pick) => (await get(`/v1/traces/${trace.trace_id}`)).spans.find(pick)?.span_id ?? "";
    const pages = {
      traces: "/traces",
      trace: `/traces/${fine.trace_id}`,
      span: `/traces/${fine.trace_id}?span=${await span(fine, (one) => one.meaning.kind === "generation")}`,
      error: `/traces/${failed.trace_id}?view=tree&span=${await span(failed, (one) => one.meaning.kind === "tool")}`,
      conversation: `/traces/${fine.trace_id}?view=conversation`,
      runs: "/runs",
      run: `/runs/${sft.id}?smooth=0.8`,
      overview: `/runs/${sft.id}?tab=overview`,
      media: `/runs/${sft.id}?tab=media`,
      console: `/runs/${sft.id}?tab=console`,
      rollouts: `/runs/${rl.id}?tab=rollouts`,
      card: `/runs/${sft.id}?tab=card`,
      compare: `/compare?runs=${runs.filter((one) => one.name.includes("sft")).map((one) => one.id).join(",")}`,
      experiments: "/experiments",
      experiment: "/experiments/answer-style",
      usage: "/usage",
      sessions: "/sessions",
      session: `/sessions/${encodeURIComponent(traces.find((one) => one.session)?.session ?? "")}`,
      prompts: "/prompts",
      datasets: "/datasets",
      scores: "/scores",
      sql: `/sql?query=${encodeURIComponent("SELECT service, name, count() AS times FROM spans GROUP BY service, name ORDER BY times DESC")}`,
      subjects: "/subjects",
      users: "/users",
      devices: "/devices",
      forwarding: "/forwarding",
      profile: "/profile",
      "first-steps": "/first-steps",
    };
    for (const [name, path] of Object.entries(pages)) {
      if (only.length && !only.includes(name)) continue;
      await page.goto(address + path);
      await page.waitForTimeout(name === "experiment" ? 3500 : 1100);
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
    }
    await context.close();
  }
}
await browser.close();
for (const problem of new Set(problems)) console.log(problem);
