/** What a run logs beside its scalars, as OTLP log records
 * (opentelemetry/proto/logs/v1/logs.proto). */

import type { Attributes } from "@opentelemetry/api";
import { validText } from "../values.js";
import { encodeByResource, writeAttributes } from "./common.js";
import type { Writer } from "./writer.js";

/** A log record with an event name. */
export class Event {
  constructor(
    readonly resource: Uint8Array,
    readonly name: string,
    readonly timeNs: bigint,
    readonly body: string,
    readonly attributes: Attributes,
  ) {}
}

/** An ExportLogsServiceRequest, the events of a resource together and in order. */
export function encodeEvents(events: readonly Event[]): Uint8Array {
  return encodeByResource(events, (to, own) => {
    for (const event of own) writeEvent(to, event);
  });
}

function writeEvent(to: Writer, event: Event): void {
  const record = to.begin(0x12);
  to.fixed64(0x09, event.timeNs);
  const body = to.begin(0x2a);
  to.text(0x0a, validText(event.body));
  to.end(body);
  writeAttributes(to, 0x32, event.attributes);
  to.fixed64(0x59, event.timeNs);
  to.text(0x62, event.name);
  to.end(record);
}
