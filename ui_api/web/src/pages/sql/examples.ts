// Questions to begin with; a test asks them all.
export const EXAMPLES = [
  {
    title: "Tokens a day, by model",
    query: `SELECT toDate(start_time) AS day, model, sum(input_tokens + output_tokens) AS tokens, count() AS calls
FROM calls
GROUP BY day, model
ORDER BY day, tokens DESC`,
  },
  {
    title: "The slowest tools",
    query: `SELECT tool_name AS tool, count() AS calls, round(quantile(0.95)(duration_ms)) AS p95_ms, countIf(status = 'error') AS failed
FROM spans
WHERE kind = 'tool'
GROUP BY tool
ORDER BY p95_ms DESC
LIMIT 20`,
  },
  {
    title: "What fails, and how often",
    query: `SELECT service, name, status_message AS message, count() AS times, any(trace_id) AS trace_id
FROM spans
WHERE status = 'error'
GROUP BY service, name, message
ORDER BY times DESC
LIMIT 50`,
  },
  {
    title: "Traces an hour",
    query: `SELECT toStartOfHour(start_time) AS hour, count() AS traces, countIf(status = 'error') AS failed
FROM traces
GROUP BY hour
ORDER BY hour`,
  },
] as const;
