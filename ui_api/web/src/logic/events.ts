// Server-Sent Events from the text that they come in: lines, and an empty one behind each event.

export interface ServerEvent {
  name: string;
  id: string;
  data: string;
}

/** Takes text as it comes, in pieces of any size, and gives the events that are whole. */
export class EventReader {
  #rest = "";
  #event: ServerEvent = { name: "message", id: "", data: "" };

  take(text: string): ServerEvent[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    const found: ServerEvent[] = [];
    for (const line of lines) {
      if (!line) {
        if (this.#event.data) found.push(this.#event);
        this.#event = { name: "message", id: this.#event.id, data: "" };
      } else if (!line.startsWith(":")) this.#field(line);
    }
    return found;
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "event") this.#event.name = value;
    else if (name === "id") this.#event.id = value;
    else if (name === "data") this.#event.data += (this.#event.data ? "\n" : "") + value;
  }
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** How long to wait before a server is asked again that was asked so often in vain: longer each
 * time, and not at the same moment as everybody else. `chance`: 0 to 1. */
export function wait(tries: number, chance: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) * (0.75 + chance / 2);
}
