// The Vercel AI SDK, traced by its own package. OTEL_EXPORTER_OTLP_* say where it sends.
import { openai } from '@ai-sdk/openai';
import { OpenTelemetry } from '@ai-sdk/otel';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { generateText, isStepCount, registerTelemetry, tool } from 'ai';
import { z } from 'zod';

const sdk = new NodeSDK();
sdk.start();
registerTelemetry(new OpenTelemetry({ runtimeContext: true }));

const { text } = await generateText({
  model: openai('gpt-4o-mini'),
  prompt: 'Weather in Paris?',
  tools: {
    get_weather: tool({
      description: 'The weather of a city',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => `sunny in ${city}`,
    }),
  },
  stopWhen: isStepCount(3),
  runtimeContext: { sessionId: 'weather-4' },
  telemetry: { functionId: 'weather_agent', includeRuntimeContext: { sessionId: true } },
});
console.log(text);
await sdk.shutdown();
