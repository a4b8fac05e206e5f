// A policy that learns which of five arms pays: scalars, histograms, rollouts and an artifact.
import { Histogram, initRun } from "@tracehouse/sdk";

const PAYS = [0.1, 0.3, 0.8, 0.4, 0.2];
let state = 7;
const random = () => (state = (state * 16807) % 2147483647) / 2147483647;

const run = await initRun({
  project: "bandit",
  name: "softmax",
  config: { lr: 0.4, steps: 100, arms: PAYS.length },
  experiment: "learning-rate",
  variant: "high",
});

const preferences = PAYS.map(() => 0);
let baseline = 0;
for (let step = 0; step < run.config.steps; step++) {
  const weights = preferences.map(Math.exp);
  const sum = weights.reduce((a, b) => a + b);
  const chances = weights.map((weight) => weight / sum);
  let left = random();
  const arm = chances.findIndex((chance) => (left -= chance) <= 0);
  const reward = random() < PAYS[arm] ? 1 : 0;
  baseline += (reward - baseline) / (step + 1);
  for (const [other, chance] of chances.entries()) {
    preferences[other] += run.config.lr * (reward - baseline) * ((other === arm ? 1 : 0) - chance);
  }
  await run.log({ reward, "reward/mean": baseline, "chance/best": chances[2] }, step);
  if (step % 25 === 0) {
    await run.log({ preferences: new Histogram(preferences, 8) }, step);
    const rollout = run.rollout({ step });
    rollout.logUser("which arm?");
    rollout.logAssistant(`arm ${arm}`);
    await rollout.finish({ outcome: reward ? "good" : "bad", metadata: { reward } });
  }
}

run.addArtifact("preferences", { data: preferences });
await run.finish();
console.log(run.url);
