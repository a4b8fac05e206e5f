// Questions that no route answers, over the views that `GET /v1/sql/views` lists.
import { send } from "../api/client";
import type { SqlAnswer } from "../api/types";

/** The rows of an answer, by the names of their columns. Throws Problem. */
export async function sql(query: string, parameters: Record<string, unknown> = {}): Promise<Record<string, unknown>[]> {
  const answer = await send<SqlAnswer>("POST", "/v1/sql", { query, parameters });
  return answer.rows.map((row) => Object.fromEntries(answer.columns.map((column, place) => [column.name, row[place]])));
}
