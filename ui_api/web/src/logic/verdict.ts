// A comparison in words, for somebody who does not do statistics.
import type { Comparison, ExperimentMetric } from "../api/types";
import { count, duration, measure, money, percent } from "./format";

/** A value of a metric in its unit. */
export function inUnit(metric: Pick<ExperimentMetric, "name" | "kind">, value: number | null): string {
  if (value === null) return "–";
  if (metric.kind === "rate") return percent(value);
  if (metric.name.endsWith("_ms")) return duration(value);
  if (metric.name.endsWith("_usd")) return money(value);
  if (metric.name.endsWith("_tokens")) return count(value);
  return measure(value);
}

/** A metric's name as people say it. */
export function spoken(name: string): string {
  const KNOWN: Record<string, string> = {
    flag_rate: "flags", error_rate: "failures", loop_rate: "loops", cost_usd: "cost", latency_ms: "time taken",
    input_tokens: "tokens in", output_tokens: "tokens out", total_tokens: "tokens",
  };
  return KNOWN[name] ?? name.replace(/^(score|metric)\./, "");
}

export function sentence(one: Comparison, control: string): string {
  const by = one.relative_delta === null ? "" : `${percent(Math.abs(one.relative_delta))} `;
  const way = (one.delta ?? 0) < 0 ? "lower" : "higher";
  switch (one.verdict) {
    case "better":
    case "worse":
      return `${one.variant} is ${one.verdict}: ${by}${way} than ${control}${one.p_holm === null ? "" : `, and chance alone would show as much in ${inTimes(one.p_holm)}`}.`;
    case "no difference seen":
      return `No difference between ${one.variant} and ${control} can be told from chance.`;
    default:
      return one.needed.still > 0
        ? `Too early to say: about ${count(one.needed.still)} more ${one.needed.of === "pairs" ? "pairs" : "in each arm"} would tell.`
        : "Too early to say.";
  }
}

function inTimes(p: number): string {
  if (p < 0.001) return "fewer than 1 of 1,000 cases";
  return `${p < 0.01 ? (p * 1000).toFixed(0) + " of 1,000" : (p * 100).toFixed(0) + " of 100"} cases`;
}
