// Nested config as one level: {a: {b: 1}} → {"a.b": 1}. Lists stay whole.

export function flat(value: Record<string, unknown>, prefix = ""): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === "object" && inner !== null && !Array.isArray(inner) && Object.keys(inner).length) {
      Object.assign(found, flat(inner as Record<string, unknown>, `${prefix}${key}.`));
    } else found[prefix + key] = inner;
  }
  return found;
}
