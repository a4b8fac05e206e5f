// An agent that answers several people at once: each session is a trace, each call a span in it.
import { setTimeout as elapse } from "node:timers/promises";
import {
  logAssistant,
  logThinking,
  logToolResult,
  logToolUse,
  logUser,
  observe,
  withTrace,
} from "@tracehouse/sdk";

const WEATHER = { Lisbon: "24 °C and sunny", Oslo: "7 °C and raining" };

// Observed functions lie in each other, and in the session that calls them.
const lookUp = observe(async function lookUp(city) {
  await elapse(20);
  if (!(city in WEATHER)) throw new RangeError(`nothing is known of ${city}`);
  return WEATHER[city];
});

async function answer(question, city) {
  logUser(question);
  logThinking(`I need the weather in ${city}.`);
  const call = logToolUse("look_up", { city });
  const weather = await lookUp(city); // the call's span lasts until its result is logged
  logToolResult(weather, { parentSpanId: call.id });
  logAssistant(`It is ${weather} in ${city}.`, { attributes: { "gen_ai.usage.input_tokens": 42 } });
}

const cities = ["Lisbon", "Oslo", "Atlantis"];
const ended = await Promise.allSettled(
  cities.map((city) =>
    withTrace(
      { project: "weather-js", sessionId: `weather-${city}`, taskName: `weather in ${city}` },
      () => answer(`How is the weather in ${city}?`, city),
    ),
  ),
);
for (const [place, { status }] of ended.entries()) console.log(cities[place], status);
