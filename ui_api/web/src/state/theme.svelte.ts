// Light, dark, or as the system has it.

export type Choice = "light" | "dark" | "system";

const REMEMBERED = "tracehouse.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

class Theme {
  choice = $state<Choice>((localStorage.getItem(REMEMBERED) as Choice | null) ?? "system");
  #systemIsDark = $state(system.matches);
  shown: "light" | "dark" = $derived(this.choice === "system" ? (this.#systemIsDark ? "dark" : "light") : this.choice);

  constructor() {
    system.addEventListener("change", () => (this.#systemIsDark = system.matches));
  }

  choose(choice: Choice): void {
    this.choice = choice;
    localStorage.setItem(REMEMBERED, choice);
  }

  next(): void {
    this.choose(this.choice === "system" ? "light" : this.choice === "light" ? "dark" : "system");
  }
}

export const theme = new Theme();

/** A colour of tokens.css, for what is drawn on a canvas. */
export function colour(token: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
}
