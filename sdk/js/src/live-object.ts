/** Objects whose changes are seen while the run is alive: its config and its summary. */

export type Live = Record<string, unknown>;

/** An object that says when one of its keys was set or deleted. */
export function liveObject(values: Live, changed: () => void): Live {
  return new Proxy(values, {
    set(target, key, value) {
      const isSet = Reflect.set(target, key, value);
      changed();
      return isSet;
    },
    deleteProperty(target, key) {
      const isDeleted = Reflect.deleteProperty(target, key);
      changed();
      return isDeleted;
    },
  });
}
