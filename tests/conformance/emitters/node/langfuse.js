// Langfuse's JavaScript SDK 5: a prompt, and a trace with a generation, a tool and scores.
import { LangfuseClient } from '@langfuse/client';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import { propagateAttributes, startActiveObservation, startObservation } from '@langfuse/tracing';
import { NodeSDK } from '@opentelemetry/sdk-node';

const processor = new LangfuseSpanProcessor();
const sdk = new NodeSDK({ spanProcessors: [processor] });
sdk.start();
const client = new LangfuseClient();

await client.prompt.create({
  name: 'weather',
  prompt: 'Weather in {{city}}?',
  labels: ['production'],
});
await client.prompt.create({
  name: 'weather chat',
  type: 'chat',
  prompt: [{ role: 'user', content: 'Weather in {{city}}?' }],
  labels: ['production'],
  config: { temperature: 0 },
});
const prompt = await client.prompt.get('weather');
const chat = await client.prompt.get('weather chat', { type: 'chat' });
const asked = chat.compile({ city: 'Paris' });

await propagateAttributes(
  { sessionId: 'langfuse-js-5', userId: 'ada', tags: ['weather'], metadata: { team: 'weather' } },
  () =>
    startActiveObservation(
      'weather_agent',
      async (agent) => {
        agent.update({ input: prompt.compile({ city: 'Paris' }) });
        const generation = startObservation(
          'ask',
          { model: 'gpt-4o-mini', input: asked, prompt, modelParameters: { temperature: 0 } },
          { asType: 'generation' },
        );
        generation.update({
          output: { role: 'assistant', content: 'It is sunny in Paris.' },
          usageDetails: { input: 20, output: 12, input_cached_tokens: 10 },
        });
        generation.end();
        const input = { city: 'Paris' };
        const tool = startObservation('get_weather', { input }, { asType: 'tool' });
        tool.update({ output: 'sunny in Paris' });
        tool.end();
        agent.update({ output: 'It is sunny in Paris.' });
        client.score.activeTrace({ name: 'quality', value: 0.9, comment: 'good' });
        client.score.observation(generation, {
          name: 'tone',
          value: 'kind',
          dataType: 'CATEGORICAL',
        });
      },
      { asType: 'agent' },
    ),
);
client.score.create({ name: 'safe', value: 1, dataType: 'BOOLEAN', sessionId: 'langfuse-js-5' });
await client.flush();
await sdk.shutdown();
console.log(JSON.stringify({ version: prompt.version, asked, config: chat.config }));
