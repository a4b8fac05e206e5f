// The agent's loop, with a span for every step as OpenTelemetry's GenAI conventions name them.
import { metrics, SpanKind } from '@opentelemetry/api';
import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import * as model from './model.js';
import { inSpan } from './spans.js';
import { TOOLS } from './tools.js';

const meter = metrics.getMeter('trip_planner', '1.0.0');
const logger = logs.getLogger('trip_planner', '1.0.0');

const trips = meter.createCounter('trips.planned', { unit: '{trip}' });
const inProgress = meter.createUpDownCounter('trips.in_progress', { unit: '{trip}' });
const tokens = meter.createHistogram('gen_ai.client.token.usage', { unit: '{token}' });
const price = meter.createGauge('trips.price', { unit: 'EUR' });
meter
  .createObservableGauge('trips.node.heap', { unit: 'By' })
  .addCallback((result) => result.observe(process.memoryUsage().heapUsed));

/** Plan a trip. A train that is sold out is not the end: the model picks another one. */
export async function plan(conversation, wish) {
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': 'trip-planner',
    'gen_ai.conversation.id': conversation,
  };
  return inSpan('invoke_agent trip-planner', { attributes }, async () => {
    inProgress.add(1);
    log(SeverityNumber.INFO, 'INFO', `a trip is wanted: ${wish}`);
    const messages = [{ role: 'user', content: wish }];
    let reply;
    while ((reply = await chat(messages)).toolCall) {
      messages.push({ role: 'tool', content: await runTool(reply.toolCall) });
    }
    inProgress.add(-1);
    trips.add(1, { city: 'Lisbon' });
    price.record(58.5);
    return reply.text;
  });
}

async function chat(messages) {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'tiny',
    'gen_ai.request.model': model.NAME,
  };
  return inSpan(`chat ${model.NAME}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const reply = await model.complete(messages);
    tokens.record(reply.inputTokens, { ...attributes, 'gen_ai.token.type': 'input' });
    tokens.record(reply.outputTokens, { ...attributes, 'gen_ai.token.type': 'output' });
    span.setAttributes({
      'gen_ai.usage.input_tokens': reply.inputTokens,
      'gen_ai.usage.output_tokens': reply.outputTokens,
      'gen_ai.response.finish_reasons': [reply.finishReason],
    });
    return reply;
  });
}

async function runTool({ id, name, arguments: args }) {
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.call.id': id,
    'gen_ai.tool.call.arguments': JSON.stringify(args),
  };
  try {
    return await inSpan(`execute_tool ${name}`, { attributes }, () => TOOLS[name](args));
  } catch (error) {
    // An event is a log record with a name; its body may have structure.
    const body = { tool: name, hour: args.hour, tried: ['web', 'phone'] };
    log(SeverityNumber.WARN, 'WARN', body, { eventName: 'trip.tool_failed' });
    return { error: error.message };
  }
}

/** A log record in the current trace. */
function log(severityNumber, severityText, body, more = {}) {
  logger.emit({ severityNumber, severityText, body, attributes: { 'app.version': '1.0.0' }, ...more });
}
