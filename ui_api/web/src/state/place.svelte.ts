// Where one is: the address holds the whole view, so back, reload and sharing a link work.

/** What stays in the address from page to page. */
const KEPT = ["project", "since"] as const;

class Place {
  path = $state(location.pathname);
  search = $state(location.search);
  parameters = $derived(new URLSearchParams(this.search));

  /** A parameter of the address, "" when it is not there. */
  get(name: string): string {
    return this.parameters.get(name) ?? "";
  }

  all(name: string): string[] {
    return this.parameters.getAll(name);
  }

  /** Change parameters of this view; an empty value takes one away. Typing replaces, choosing
   * pushes. */
  set(changes: Record<string, string | string[]>, how: "push" | "replace" = "push"): void {
    const next = new URLSearchParams(this.search);
    for (const [name, value] of Object.entries(changes)) {
      next.delete(name);
      for (const one of Array.isArray(value) ? value : [value]) if (one) next.append(name, one);
    }
    const text = next.toString();
    this.open(text ? `${this.path}?${text}` : this.path, how);
  }

  /** An address of another page, with the project and time range of this one. */
  to(path: string, parameters: Record<string, string> = {}): string {
    const next = new URLSearchParams(parameters);
    for (const name of KEPT) {
      const value = this.get(name);
      if (value && !next.has(name)) next.set(name, value);
    }
    const text = next.toString();
    return text ? `${path}?${text}` : path;
  }

  open(address: string, how: "push" | "replace" = "push"): void {
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    this.read();
  }

  read(): void {
    this.path = location.pathname;
    this.search = location.search;
  }
}

export const place = new Place();

/** Let links of ours change the page without loading it anew, and the back button go back. */
export function followLinks(): void {
  addEventListener("popstate", () => place.read());
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (/^\/(v1|auth|docs|api)(\/|$)/.test(link.pathname)) return;
    event.preventDefault();
    if (link.href !== location.href) {
      place.open(link.pathname + link.search + link.hash);
      document.querySelector("main")?.scrollTo(0, 0);
    }
  });
}
