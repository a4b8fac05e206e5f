/** Artifacts: named, versioned sets of files, known by their content. */

import { platform } from "#platform";
import { hex, utf8 } from "./bytes.js";
import { TracehouseError } from "./errors.js";
import { asText, toJson, type Json } from "./values.js";

const KINDS = ["json", "text", "params"] as const;
export type ArtifactKind = (typeof KINDS)[number];

/** The one file of an artifact made of a value, and the body of its event. Throws TracehouseError
 * for an unknown kind.
 *
 * The digest is the SHA-256 over `path NUL sha256 LF` of the files: equal content has equal
 * digests, wherever it was made. */
export function describeData(
  data: unknown,
  kind: ArtifactKind,
): { content: Uint8Array; sha256: string; body: Json } {
  if (!KINDS.includes(kind)) {
    throw new TracehouseError(`kind is "${String(kind)}": choose json, text or params`);
  }
  const content = utf8(kind === "text" ? asText(data) : toJson(data));
  const path = kind === "text" ? "data.txt" : "data.json";
  const sha256 = hashOf(content);
  const digest = hashOf(utf8(`${path}\0${sha256}\n`));
  return {
    content,
    sha256,
    body: { kind, digest, files: [{ path, sha256, size: content.length }] },
  };
}

function hashOf(content: Uint8Array): string {
  return hex(platform.sha256(content));
}
