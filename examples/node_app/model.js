// A language model that needs no network: it looks at the weather, then books a train.
import { setTimeout as pause } from 'node:timers/promises';

export const NAME = 'tiny-travel-1';

/** The model's next turn: text for the traveller, or a tool to call first. A word is a token. */
export async function complete(messages) {
  await pause(20);
  const { text = '', toolCall } = turn(messages.at(-1));
  const said = text || JSON.stringify(toolCall.arguments);
  return {
    text,
    toolCall,
    finishReason: toolCall ? 'tool_calls' : 'stop',
    inputTokens: messages.reduce((sum, message) => sum + words(message.content), 0),
    outputTokens: words(said),
  };
}

function turn({ role, content }) {
  if (role === 'user') return { toolCall: call('get_weather', { city: 'Lisbon', days: 2 }) };
  if (content.sky) return { toolCall: call('book_train', { to: 'Lisbon', hour: 9, seats: 2 }) };
  if (content.error) return { toolCall: call('book_train', { to: 'Lisbon', hour: 11, seats: 2 }) };
  return { text: `Pack light, it is sunny. Your train leaves at ${content.leaves}.` };
}

const call = (name, args) => ({ id: `call-${name}-${args.hour ?? 0}`, name, arguments: args });
const words = (content) => JSON.stringify(content).split(/\s+|,/).length;
