// The Vercel AI SDK 7, traced by its own package: an agent with a tool, a streamed response of the
// newer API, and embeddings.
import { openai } from '@ai-sdk/openai';
import { OpenTelemetry } from '@ai-sdk/otel';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  embed,
  embedMany,
  generateText,
  isStepCount,
  registerTelemetry,
  streamText,
  tool,
} from 'ai';
import { z } from 'zod';

const sdk = new NodeSDK();
sdk.start();
registerTelemetry(new OpenTelemetry({ runtimeContext: true }));

const get_weather = tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});
const common = {
  instructions: 'Be brief.',
  prompt: 'Weather in Paris?',
  runtimeContext: { sessionId: 'vercel-1', userId: 'ada' },
  telemetry: {
    functionId: 'weather_agent',
    includeRuntimeContext: { sessionId: true, userId: true },
  },
};

await generateText({
  ...common,
  model: openai.chat('gpt-4o-mini'),
  tools: { get_weather },
  stopWhen: isStepCount(3),
});
const stream = streamText({ ...common, model: openai('gpt-4o-mini') });
for await (const _ of stream.textStream);
const model = openai.embedding('text-embedding-3-small');
await embed({ model, value: 'Paris' });
await embedMany({ model, values: ['Paris', 'Rome'] });
await sdk.shutdown();
