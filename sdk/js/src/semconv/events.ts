/** Event names.
 *
 * Generated from semconv/registry by `make generate`. Do not edit.
 */

/** A value that is not a number (a list, an object, a text), by key and step. */
export const TRACEHOUSE_RUN_VALUE = "tracehouse.run.value";
/** A reference to an image, video or other file, by key and step. */
export const TRACEHOUSE_RUN_MEDIA = "tracehouse.run.media";
/** A version of an artifact that the run logged or used. */
export const TRACEHOUSE_RUN_ARTIFACT = "tracehouse.run.artifact";
/** Python, packages, git, hardware and arguments that the run started with, as a JSON object. */
export const TRACEHOUSE_RUN_ENVIRONMENT = "tracehouse.run.environment";
/** A line of the run's output; the key is `stdout` or `stderr`, the index the line's number. */
export const TRACEHOUSE_RUN_CONSOLE = "tracehouse.run.console";
/** A search over configurations. Its run id is the sweep's id, and no run's. */
export const TRACEHOUSE_RUN_SWEEP = "tracehouse.run.sweep";
/** A property of a run set from outside it; it outweighs what the run says of itself. */
export const TRACEHOUSE_RUN_UPDATE = "tracehouse.run.update";
