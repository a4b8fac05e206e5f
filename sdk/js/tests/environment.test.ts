import { expect, test } from "vitest";
import { hideSecrets } from "../src/platform/node-environment.js";

test("what follows an option that is named like a secret is hidden", () => {
  expect(
    hideSecrets(["train.js", "--api-key", "ba_x", "--token=t", "--lr", "1", "https://u:p@h/x"]),
  ).toEqual(["train.js", "--api-key", "<hidden>", "--token=<hidden>", "--lr", "1", "https://h/x"]);
});
