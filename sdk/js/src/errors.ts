/** What this package throws: for misuse, and for answers of the server that were asked for. */

export class TracehouseError extends Error {
  override name = "TracehouseError";
}

/** The server refused a question. `status` is that of HTTP, 0 where there was no answer. */
export class ApiError extends TracehouseError {
  override name = "ApiError";

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}
