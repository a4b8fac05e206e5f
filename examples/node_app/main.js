// A trip planner in Node: one wish, one sold-out train, one trip. An OpenTelemetry program like
// any other: nothing in it knows where its telemetry goes.
import { shutdown } from './telemetry.js';
import { randomUUID } from 'node:crypto';
import { plan } from './agent.js';

const wish = 'Two days somewhere warm, by train, for two.';
console.log(`traveller  ${wish}`);
console.log(`agent      ${await plan(`conv-${randomUUID()}`, wish)}`);
await shutdown();
